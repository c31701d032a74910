"""`bonded verify` as a user runs it, against an index on loopback."""

import json
from pathlib import Path

from attestation_index import Shelf, lock_of, provenance, serving
from bonded.attestations.policy import Kind
from bonded.cli.verify_sarif import RULES
from verify_bench import SCHEMA, Bench, digest, name, sell, world


def test_a_verified_release_is_one_line(bench: Bench) -> None:
    """Who, from where, which commit, in which environment."""
    ran = bench.run("greeter==1.0")

    assert ran.out == (
        "greeter 1.0  verified  octo/greeter release.yml  v1.0  cccccccccccc  pypi\n"
        "1 release: 1 verified.\n"
    )
    assert (ran.code, ran.err) == (0, "")


def test_every_state_has_its_word_and_an_alarm_its_exit_code(bench: Bench) -> None:
    """A release without provenance is no alarm by itself."""
    ran = bench.run("greeter", "plainer", "gone==1.0", "wrong")

    lines = ran.out.splitlines()
    assert [line.split()[2] for line in lines if not line.startswith(" ")][:4] == [
        "verified",
        "no",
        "ALARM",
        "ALARM",
    ]
    assert "    vanished: gone-1.0-py3-none-any.whl: it has no provenance, and 0.9 has" in lines
    assert lines[-1] == "4 releases: 1 verified, 1 no provenance, 2 ALARM."
    assert ran.code == 1


def test_quiet_prints_what_is_not_in_order(bench: Bench) -> None:
    """And the last line."""
    ran = bench.run("greeter", "plainer", "-q")

    assert ran.out == "2 releases: 1 verified, 1 no provenance.\n"


def test_the_report_follows_its_schema(bench: Bench, shelf: Shelf) -> None:
    """Every state, with and without a publisher, with what was reviewed and left out."""
    shelf.broken[f"/integrity/greeter/1.0/{name('greeter')}/provenance"] = (500, b"")
    bench.write(
        "pyproject.toml",
        '[[tool.bonded.verify.exceptions]]\nproject = "gone"\nalarm = "vanished"\nreason = "known"\n',
    )
    bench.write("pylock.toml", lock_of(shelf) + '[[packages]]\nname="x"\nvcs={type="git"}\n')
    ran = bench.run("pylock.toml", "gone==1.0", "--json")

    report = ran.report
    states = {one["project"]: one["state"] for one in report["releases"]}
    assert states["greeter"] == "unreachable"
    assert report["releases"][-1]["reviewed"][0]["reason"] == "known"
    assert report["left_out"] == [{"name": "x", "reason": "comes from a vcs"}]
    assert (report["verdict"], ran.code) == ("alarm", 1)
    assert report["index"] == bench.url


def test_the_schema_names_every_kind_of_alarm() -> None:
    """So does SARIF."""
    schema = json.loads(SCHEMA.read_text("utf-8"))

    assert schema["$defs"]["kind"]["enum"] == [kind.value for kind in Kind]
    assert list(RULES) == list(Kind)


def test_an_index_that_is_down_is_neither_good_nor_an_alarm(bench: Bench, shelf: Shelf) -> None:
    """It has an exit code of its own, and a state."""
    shelf.broken["/simple/greeter/"] = (502, b"")
    ran = bench.run("greeter", "--json")

    assert (ran.report["verdict"], ran.code) == ("unreachable", 3)
    assert "NOT REACHED\n    127.0.0.1: it answered 502" in bench.run("greeter").out


def test_sarif_has_a_result_for_each_alarm(bench: Bench, shelf: Shelf) -> None:
    """At the file that named the release, with what was expected."""
    bench.write("requirements.txt", f"wrong==1.0 --hash=sha256:{digest(shelf, 'wrong')}\n")
    ran = bench.run("requirements.txt", "gone==1.0", "nosuch", "--sarif")

    run = json.loads(ran.out)["runs"][0]
    places = [one["locations"][0]["physicalLocation"] for one in run["results"]]
    assert [one["ruleId"] for one in run["results"]] == [
        "verify/invalid",
        "verify/vanished",
        "verify/not-listed",
    ]
    assert places[0] == {
        "artifactLocation": {"uri": "requirements.txt"},
        "region": {"startLine": 1},
    }
    assert places[1] == {"artifactLocation": {"uri": "pyproject.toml"}}
    assert run["invocations"][0]["executionSuccessful"] is True


def test_sarif_tells_what_was_not_reached(bench: Bench, shelf: Shelf) -> None:
    """As a notification: it is no result."""
    shelf.broken["/simple/greeter/"] = (502, b"")
    run = json.loads(bench.run("greeter", "--sarif").out)["runs"][0]

    assert run["invocations"][0]["executionSuccessful"] is False
    assert not run["results"]


def test_publishers_are_pinned_once_and_never_changed(bench: Bench, shelf: Shelf) -> None:
    """A second run adds what is new; another owner under the same name is an alarm then."""
    assert bench.run("greeter", "plainer", "--pin").err == "bonded.trust: 1 pinned, 0 were\n"
    before = Path("bonded.trust").read_text("utf-8")

    sell(shelf, "greeter", "2.0", n17="666")
    sell(shelf, "newer")
    ran = bench.run("greeter", "newer", "--pin")
    assert "owner-changed: " in ran.out
    assert ran.err == "bonded.trust: 1 pinned, 1 were\n"
    assert Path("bonded.trust").read_text("utf-8").startswith(before.rstrip("\n"))


def test_a_release_with_several_publishers_is_not_pinned(bench: Bench, shelf: Shelf) -> None:
    """There is no one to remember."""
    other = "greeter-1.0-py2-none-any.whl"
    shelf.add("greeter", other, provenance(world(), other, b"x", workflow="other.yml"))
    ran = bench.run("greeter", "--pin")

    assert ran.err == (
        "greeter has several publishers and is not pinned\nbonded.trust: 0 pinned, 0 were\n"
    )


def test_a_trust_file_may_lie_elsewhere(bench: Bench) -> None:
    """One that is named must be there, unless it is being made."""
    assert bench.run("greeter", "--trust", "sub.trust").code == 2
    assert bench.run("greeter", "--trust", "sub.trust", "--pin").code == 0
    assert bench.run("greeter", "--trust", "sub.trust").code == 0


def test_identities_are_written_into_a_lock_and_hold_afterwards(bench: Bench, shelf: Shelf) -> None:
    """Provenance that vanishes later is an alarm, by the lock alone."""
    fresh = Shelf()
    sell(fresh, "greeter")
    lock = bench.write("pylock.toml", lock_of(fresh))
    assert bench.run("pylock.toml", "--write-identities").code == 0
    assert 'repository = "octo/greeter"' in lock.read_text("utf-8")

    shelf.add("greeter", name("greeter"), None)
    ran = bench.run("pylock.toml")
    assert "the lock file recorded its publisher" in ran.out
    assert ran.code == 1


def test_a_bundle_verifies_the_same_without_network(bench: Bench, shelf: Shelf) -> None:
    """What was saved is enough; what was not is unreachable."""
    online = bench.run("greeter", "gone==1.0", "--save", "bundle.json")
    shelf.files.clear()
    offline = bench.run("greeter", "gone==1.0", "--offline", "bundle.json", index=False)

    assert (offline.code, offline.out) == (online.code, online.out)
    assert bench.run("plainer", "--offline", "bundle.json", index=False).code == 3


def test_what_everybody_must_be_can_be_said_on_the_command_line(bench: Bench) -> None:
    """It stands for the policy's projects."""
    assert bench.run("greeter", "--expect", "repository=octo/greeter").code == 0
    ran = bench.run("greeter", "--expect", "repository=octo/other", "--expect", "kind=GitHub")
    assert "the policy wants another repository (expected octo/other, got octo/greeter)" in ran.out
    assert ran.code == 1


def test_the_policy_of_the_project_counts(bench: Bench) -> None:
    """It is read where the command runs, or where it is said to be."""
    policy = bench.write("pyproject.toml", '[tool.bonded.verify]\nrequire = ["plainer"]\n')

    assert bench.run("plainer").code == 1
    policy.rename("other.toml")
    assert bench.run("plainer").code == 0
    assert bench.run("plainer", "--config", "other.toml").code == 1
    bench.write("pyproject.toml", '[tool.bonded]\nverify = "x"\n')
    assert bench.run("plainer").code == 2


def test_files_with_provenance_beside_them_are_asked_nowhere_else(
    bench: Bench, shelf: Shelf
) -> None:
    """Files of one release are one line; others are looked up at the index."""
    wheel, sdist = name("local"), "local-1.0.tar.gz"
    bench.write(wheel, b"x")
    bench.write(sdist, b"y")
    bench.write(f"{wheel}.provenance", provenance(world(), wheel, b"x"))
    bundle = json.loads(provenance(world(), sdist, b"y"))["attestation_bundles"][0]
    bench.write(f"{sdist}.publish.attestation", json.dumps(bundle["attestations"][0]))
    bench.write(name("greeter"), b"x")

    ran = bench.run(".", "--json")
    states = [(one["project"], one["state"], len(one["files"])) for one in ran.report["releases"]]
    assert states == [("greeter", "verified", 1), ("local", "verified", 2)]
    assert not any("local" in path for path in shelf.asked)


def test_a_file_that_was_changed_is_an_alarm(bench: Bench) -> None:
    """By what lies beside it, and by what the index says."""
    bench.write(name("local"), b"changed")
    bench.write(f"{name('local')}.provenance", provenance(world(), name("local"), b"x"))
    bench.write(name("greeter"), b"changed")

    assert "it is of other bytes" in bench.run(name("local")).out
    assert "another digest than the file that is installed" in bench.run(name("greeter")).out


def test_an_attestation_that_cannot_be_read_is_an_alarm(bench: Bench) -> None:
    """It was put there by somebody."""
    bench.write(name("local"), b"x")
    bench.write(f"{name('local')}.publish.attestation", b"{}")
    ran = bench.run(name("local"))

    assert "invalid: " in ran.out
    assert ran.code == 1


def test_each_release_is_asked_where_its_lock_says(bench: Bench, shelf: Shelf) -> None:
    """Unless an index is named, which then counts for all."""
    other = Shelf()
    sell(other, "elsewhere")
    with serving(other) as url:
        source = f'source = {{registry = "{url}"}}\nversion = "1.0"\n'
        mine = f'source = {{registry = "{bench.url}"}}\nversion = "1.0"\n'
        bench.write(
            "uv.lock",
            f'version = 1\n[[package]]\nname = "elsewhere"\n{source}'
            f'[[package]]\nname = "greeter"\n{mine}[[package]]\nname = "plainer"\n{mine}',
        )
        ran = bench.run("uv.lock", index=False)
        named = bench.run("uv.lock")

    assert ran.out.splitlines()[-1] == "3 releases: 2 verified, 1 no provenance."
    assert "not-listed: the index lists no file of elsewhere 1.0" in named.out
    assert "/simple/elsewhere/" in other.asked
    assert "/simple/elsewhere/" in shelf.asked


def test_what_is_no_distribution_is_told(bench: Bench) -> None:
    """A wheel's name must be one."""
    bench.write("x.whl", b"")

    assert bench.run("x.whl").code == 2


def test_a_strangers_words_cannot_steer_the_terminal(bench: Bench, shelf: Shelf) -> None:
    """Control sequences are shown, not obeyed."""
    escape = chr(27)
    shelf.broken["/simple/greeter/"] = (200, f"{escape}[2J".encode())
    bench.write("uv.lock", 'version = 1\n[[package]]\nname = "x"\nsource = {"\\u001b[2J" = 1}\n')
    ran = bench.run("greeter", "uv.lock")

    assert escape not in ran.out
