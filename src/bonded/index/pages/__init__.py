"""Pages for people: facts of the book in, HTML out. No page needs JavaScript, and none has any."""
