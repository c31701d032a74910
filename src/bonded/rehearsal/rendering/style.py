"""The style sheet of the page: paper by day, ink by night, plain on a printer.

Colours are named once, by what they say. Every text colour has a contrast of at least 4.5 to 1 on every ground it
stands on (WCAG 2, level AA), in both schemes. Bars and grounds repeat what words say and may vanish in print.
"""

__all__ = ["STYLE"]

_COLOURS = """
:root {
  color-scheme: light dark;
  --paper: #f5f3ee; --sheet: #fffefb; --sunk: #f0ede5; --line: #ddd8cb; --ink: #1f2428; --soft: #59606a;
  --link: #1b4f91; --good: #17663a; --bad: #a3231c; --warn: #7a4f00; --quiet: #59606a;
  --good-ground: #e1f1e6; --bad-ground: #fbe6e2; --warn-ground: #fbeecb; --quiet-ground: #eceae3;
  --good-bar: #3f9a66; --bad-bar: #cf4a40; --warn-bar: #c68a16; --quiet-bar: #a7a498;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #12161b; --sheet: #1a2027; --sunk: #141a20; --line: #313b46; --ink: #e7e9ea; --soft: #a7b0ba;
    --link: #94c0f7; --good: #79d69b; --bad: #ff9d93; --warn: #f1c46b; --quiet: #a7b0ba;
    --good-ground: #16301f; --bad-ground: #3d1c1a; --warn-ground: #372a0b; --quiet-ground: #252d36;
    --good-bar: #3f9a66; --bad-bar: #d4574d; --warn-bar: #b98421; --quiet-bar: #5d6874;
  }
}
.good { --tone: var(--good); --ground: var(--good-ground); --bar: var(--good-bar); }
.bad { --tone: var(--bad); --ground: var(--bad-ground); --bar: var(--bad-bar); }
.warn { --tone: var(--warn); --ground: var(--warn-ground); --bar: var(--warn-bar); }
.quiet { --tone: var(--quiet); --ground: var(--quiet-ground); --bar: var(--quiet-bar); }
"""

_TYPE = """
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink); line-height: 1.5; overflow-wrap: break-word;
  font-family: ui-sans-serif, system-ui, "Segoe UI", Roboto, Inter, "Helvetica Neue", "DejaVu Sans", sans-serif;
}
h1, h2, h3, h4, p, ol, ul, dl, dd { margin: 0; padding: 0; }
h1 { font-size: clamp(1.7rem, 5vw, 2.6rem); line-height: 1.15; letter-spacing: -0.02em; }
h1 .version { font-weight: 400; color: var(--soft); }
h2 { font-size: 1.2rem; letter-spacing: -0.01em; margin: 2.75rem 0 .9rem; }
h3 { font-size: 1rem; }
h4 { font-size: .9rem; margin: 1.2rem 0 .4rem; }
code, pre {
  font-family: ui-monospace, SFMono-Regular, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: .86em;
}
code { overflow-wrap: anywhere; }
p code, li code { background: var(--quiet-ground); padding: .05rem .3rem; border-radius: 4px; }
.place code, .chips code, .differs code { background: none; padding: 0; }
pre {
  margin: .5rem 0; padding: .75rem .9rem; background: var(--sunk); border: 1px solid var(--line); border-radius: 6px;
  font-size: .8rem; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 32rem; overflow: auto;
}
pre b { color: var(--warn); }
small { color: var(--soft); font-size: .84rem; }
a { color: var(--link); }
ol, ul { list-style: none; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
summary { cursor: pointer; }
.wide { max-width: 70rem; margin: 0 auto; padding: 0 1.5rem; }
.unseen {
  position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap;
}
.card, .job, .causes > li, .stations, table, .notes {
  background: var(--sheet); border: 1px solid var(--line); border-radius: 10px;
}
.card { padding: 1.1rem 1.25rem; }
.card + .card { margin-top: 1rem; }
.card > h3 { margin-bottom: .8rem; }
.card > p { margin: .8rem 0; }
.badge {
  display: inline-block; padding: .05rem .55rem; border-radius: 1rem; white-space: nowrap; font-size: .8rem;
  font-weight: 600; color: var(--tone); background: var(--ground);
}
.sign {
  flex: none; display: inline-grid; place-items: center; width: 1.35rem; height: 1.35rem; border-radius: 50%;
  font-size: .8rem; font-weight: 700; line-height: 1; color: var(--tone); background: var(--ground);
}
"""

_TOP = """
.banner { background: var(--sheet); border-bottom: 1px solid var(--line); border-top: 6px solid var(--bar); }
.banner .wide {
  display: flex; flex-flow: row-reverse wrap; justify-content: space-between; align-items: center;
  gap: 1.5rem 3rem; padding-top: 2.4rem; padding-bottom: 2.4rem;
}
.banner .named { flex: 1 1 26rem; }
.stamp {
  flex: none; padding: .55rem 1.4rem; border: 3px double var(--tone); outline: 2px solid var(--tone);
  outline-offset: 3px;
  border-radius: 6px; color: var(--tone); font-size: clamp(1.35rem, 4.5vw, 2rem); font-weight: 800;
  letter-spacing: .1em; white-space: nowrap; transform: rotate(-2.5deg); margin: .5rem;
}
.meaning { margin: .5rem 0 1.4rem; color: var(--soft); font-size: 1.05rem; }
.facts { display: flex; flex-wrap: wrap; gap: .8rem 2.2rem; }
.facts dt { font-size: .78rem; color: var(--soft); }
.facts dd { font-weight: 600; }
.stations { display: grid; grid-template-columns: repeat(7, 1fr); padding: 1.3rem .5rem 1.1rem; }
.stations li { position: relative; text-align: center; padding: 0 .45rem; font-size: .84rem; line-height: 1.35; }
.stations li + li::before {
  content: ""; position: absolute; top: 1.05rem; right: calc(50% + 1.3rem); width: calc(100% - 2.6rem);
  border-top: 2px solid var(--line);
}
.stations li.good + li.good::before { border-color: var(--good-bar); }
.stations li.quiet::before { border-top-style: dashed; }
.dot {
  display: inline-grid; place-items: center; width: 2.2rem; height: 2.2rem; border-radius: 50%; margin-bottom: .45rem;
  font-weight: 700; font-size: 1.05rem; color: var(--tone); background: var(--ground); border: 2px solid var(--bar);
}
.stations .quiet .dot { border-style: dashed; }
.stations strong { display: block; font-size: .95rem; }
.stations .state { display: block; color: var(--tone); font-weight: 600; }
.stations .detail { display: block; color: var(--soft); margin-top: .2rem; overflow-wrap: anywhere; }
.causes { counter-reset: cause; display: grid; gap: 1rem; }
.causes > li { counter-increment: cause; padding: 1.1rem 1.25rem; border-left: 5px solid var(--bar); }
.causes .what { font-size: 1.08rem; font-weight: 650; overflow-wrap: anywhere; }
.causes .what::before { content: counter(cause) ". "; color: var(--tone); }
.causes .where { margin-top: .5rem; color: var(--soft); white-space: pre-line; font-size: .92rem; }
.causes .fix { margin-top: .8rem; padding: .7rem .9rem; border-radius: 6px; background: var(--sunk); }
.causes .fix p { white-space: pre-wrap; }
"""

_TABLES = """
table { width: 100%; border-collapse: separate; border-spacing: 0; font-size: .92rem; }
th, td { padding: .6rem .9rem; text-align: left; vertical-align: top; font-weight: 400; }
thead th { font-size: .78rem; color: var(--soft); font-weight: 600; white-space: nowrap; }
tbody th, tbody td { border-top: 1px solid var(--line); }
td small, th small { display: block; margin-top: .15rem; }
.card table { border-radius: 8px; }
.differs th, .differs td { background: var(--bad-ground); }
.differs small { color: var(--ink); }
.claims th { width: 18%; }
.claims td { width: 30%; }
.claims.two td { width: auto; }
.claims td:last-child { width: 22%; }
.claims.two td:last-child { width: auto; }
.files td:last-child { width: 55%; }
.files td:nth-child(3) { white-space: nowrap; }
.digest + .digest { margin-top: .3rem; }
.digest { display: flex; gap: .7rem; align-items: baseline; }
.digest small { flex: 0 0 3.9rem; margin: 0; }
.digest code { font-size: .74rem; }
.hosts td:last-child, .hosts th:last-child { text-align: right; font-variant-numeric: tabular-nums; }
.rules tbody th { width: 30%; }
.rules td:last-child { width: 52%; }
.rules td:nth-child(2) { white-space: nowrap; }
.card details { margin-top: .9rem; }
.card details > table { margin-top: .7rem; }
.card summary { color: var(--link); font-size: .92rem; }
.advice li { display: flex; flex-wrap: wrap; gap: .2rem .7rem; align-items: baseline; margin-top: .4rem; }
.advice p { flex: 1 1 20rem; }
.plain li { margin-top: .7rem; }
.form { border: 1px solid var(--line); border-radius: 8px; max-width: 34rem; }
.form div { display: grid; grid-template-columns: 12.5rem 1fr; }
.form div + div { border-top: 1px solid var(--line); }
.form dt, .form dd { padding: .5rem .9rem; }
.form dt { color: var(--soft); }
.form dd { background: var(--sunk); font-weight: 600; }
.form i, td i { color: var(--soft); font-weight: 400; }
.notes { padding: .35rem 1.25rem; }
.notes li { padding: .55rem 0; }
.notes li + li { border-top: 1px solid var(--line); }
.chips { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; font-size: .84rem; color: var(--soft); }
footer { color: var(--soft); }
footer .chips { border-top: 1px solid var(--line); margin-top: 3rem; padding: 1.2rem 0 2.5rem; }
"""

_TIMELINE = """
.timeline { container-type: inline-size; }
.axis { display: flex; padding: 0 1rem; }
.ticks {
  position: relative; height: 1.4rem; width: 44cqi; margin-left: auto; margin-right: 7rem; font-size: .76rem;
  color: var(--soft); font-variant-numeric: tabular-nums;
}
.ticks span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.job { padding: .3rem 1rem; }
.job + .job { margin-top: .6rem; }
.line { display: flex; align-items: center; gap: .7rem; padding: .4rem 0; list-style: none; }
.line::-webkit-details-marker { display: none; }
.line::after { content: ""; flex: 0 0 .8rem; }
summary.line::after { content: "\\203a"; color: var(--soft); font-size: 1.15rem; line-height: 1; text-align: center; }
details[open] > summary.line::after { transform: rotate(90deg); }
summary.line:hover { background: var(--sunk); }
.name { flex: 1 1 0; min-width: 0; overflow-wrap: anywhere; line-height: 1.35; }
.name small { display: block; }
.steps .name { font-size: .92rem; }
.pin {
  color: var(--soft); display: block; font-size: .74rem; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap;
}
.took {
  flex: 0 0 4.8rem; text-align: right; font-size: .86rem; color: var(--soft);
  font-variant-numeric: tabular-nums;
}
.track {
  flex: 0 0 44cqi; align-self: stretch; min-height: 1.5rem; display: flex; align-items: center;
  background-image: repeating-linear-gradient(to right, var(--line) 0 1px, transparent 1px var(--tick));
}
.bar { height: .62rem; min-width: 3px; border-radius: 2px; background: var(--bar); opacity: .8; }
h3 ~ .track .bar { height: 1rem; opacity: 1; }
.job .chips { padding: .1rem 0 .5rem 2.05rem; align-items: center; }
.reason { padding-left: 2.05rem; font-size: .92rem; }
.job .steps .inside { padding: 0 0 .6rem 2.05rem; }
.steps > li { border-top: 1px solid var(--line); }
section > .steps {
  background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; padding: .2rem 1rem;
}
section > .steps > li:first-child { border-top: 0; }
.error { color: var(--bad); font-weight: 600; white-space: pre-wrap; }
.hint { white-space: pre-wrap; }
.place { font-size: .84rem; color: var(--soft); }
.annotation { border-left: 3px solid var(--bar); padding: .1rem .7rem; margin: .35rem 0; white-space: pre-wrap; }
.annotation b { color: var(--tone); }
.annotation code { margin-left: .6rem; color: var(--soft); }
"""

_PHONE = """
@media (max-width: 46rem) {
  .wide { padding: 0 1rem; }
  h2 { margin-top: 2.1rem; }
  .banner .wide {
    padding-top: 1.6rem; padding-bottom: 1.6rem; flex-direction: column; align-items: flex-start; gap: 1.3rem;
  }
  .banner .named { flex: none; width: 100%; }
  .stations { grid-template-columns: 1fr; padding: .4rem 1rem; }
  .stations li { display: flex; gap: .9rem; text-align: left; padding: .6rem 0; font-size: .9rem; }
  .stations li + li::before {
    top: -.55rem; left: 1.1rem; right: auto; width: 0; height: 1.1rem; border-top: 0;
    border-left: 2px solid var(--line);
  }
  .stations li.quiet::before { border-left-style: dashed; }
  .dot { flex: none; margin: 0; }
  .stations strong, .stations .state { display: inline; }
  .stations .state::before { content: " · "; white-space: pre; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, th, td { display: block; width: auto !important; }
  tbody tr { padding: .6rem .9rem; }
  tbody tr + tr { border-top: 1px solid var(--line); }
  tbody th, tbody td { border: 0; padding: .12rem 0; }
  tbody th { font-weight: 600; }
  tbody td {
    display: grid; grid-template-columns: 6.6rem minmax(0, 1fr); gap: .5rem; text-align: left !important;
    white-space: normal !important;
  }
  tbody td::before { content: attr(data-label); color: var(--soft); font-size: .82rem; }
  tr.differs { background: var(--bad-ground); }
  .differs td::before { color: var(--ink); }
  td > small { grid-column: 2; }
  td > .digest { grid-column: 2; }
  td > .badge { justify-self: start; }
  th small { font-weight: 400; }
  .form div { grid-template-columns: 1fr; }
  .form dt { padding-bottom: 0; }
  .form dd { background: none; padding-top: 0; }
  .axis { display: none; }
  .line { flex-wrap: wrap; gap: .15rem .7rem; }
  .line .track { order: 1; flex: 0 0 100%; min-height: .8rem; }
  .job .steps .inside, .job .chips, .reason { padding-left: 0; }
  .took { flex-basis: auto; }
}
@media print {
  body { background: none; font-size: 10pt; }
  .card, .job, .causes > li, .stations, tr, .steps > li { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  pre { max-height: none; }
  .dot, .sign, .badge, .bar, .track, .differs th, .differs td {
    print-color-adjust: exact; -webkit-print-color-adjust: exact;
  }
  .stamp { transform: none; }
}
@media (prefers-contrast: more) { :root { --soft: var(--ink); --line: var(--soft); } }
"""

STYLE = f"{_COLOURS}{_TYPE}{_TOP}{_TABLES}{_TIMELINE}{_PHONE}"
"""Not a character of it comes from a report."""
