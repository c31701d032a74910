"""Claims that nobody vouched for, judged as an index would; what comes out can be shown and not spent."""
