"""The files for a PBX: what is in them, and what never gets into them."""

import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommutator.connectors.pbx.asterisk.snippets.render import render_files
from kommutator.domain.pbx_files import Flavour, PbxFile, PbxValues
from kommutator.kit.errors import InvalidInput

SECRET = f"{'0' * 31}1.hook-secret-of-tests-not-real"
AMI_SECRET = "ami-secret-of-tests-not-real"
GOOD = {
    "enterprise": "0367",
    "public_url": "https://gate.example/kmt",
    "trunk": "provider",
    "group": "from-provider",
    "hook_secret": SECRET,
    "ami_user": "kommutator-0367",
    "ami_secret": AMI_SECRET,
    "permit": "203.0.113.10",
    "line": "+375000000001",
    "ari_user": "kommutator-0367",
    "ari_password": "ari-password-not-real",
}


def files(flavour: Flavour = Flavour.ASTERISK, **changes: str) -> dict[str, PbxFile]:
    made = render_files(PbxValues(**{**GOOD, **changes}), flavour)
    assert len({file.name for file in made}) == len(made)
    return {file.slug: file for file in made}


def test_the_manager_user_gets_what_it_needs_and_no_more() -> None:
    text = files()["manager"].text
    assert f"[kommutator-0367]\nsecret = {AMI_SECRET}\ndeny = 0.0.0.0/0.0.0.0\n" in text
    assert "permit = 203.0.113.10/255.255.255.255\n" in text
    assert "write = call,originate,system,reporting,agent\n" in text
    assert "timestampevents = yes" in text
    assert not re.search(r"^(read|write) = .*\b(command|config|all)\b", text, re.MULTILINE)


def test_a_network_and_ipv6_are_permitted_as_asterisk_writes_them() -> None:
    assert "permit = 10.0.0.0/255.255.255.0\n" in files(permit="10.0.0.0/24")["manager"].text
    six = files(permit="2001:db8::7")["manager"].text
    assert "deny = ::/::\npermit = 2001:db8::7/ffff:ffff:" in six


def test_without_a_pull_there_is_no_ari_user() -> None:
    assert "ari" not in files(ari_user="", ari_password="")


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0"])
def test_the_whole_internet_is_not_permitted(network: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        PbxValues(**{**GOOD, "permit": network})
    assert (refused.value.code, refused.value.params) == (
        "pbx_permit_everybody",
        {"permit": network},
    )


@pytest.mark.parametrize("flavour", list(Flavour))
def test_secrets_are_in_marked_files_only(flavour: Flavour) -> None:
    for file in files(flavour).values():
        holds = any(word in file.text for word in (SECRET, AMI_SECRET, GOOD["ari_password"]))
        assert holds is file.secret, file.name


@pytest.mark.parametrize("flavour", list(Flavour))
def test_hidden_files_hold_no_secret(flavour: Flavour) -> None:
    made = render_files(PbxValues(**GOOD).hidden(), flavour)
    told = "".join(file.text for file in made)
    assert "SHOWN-ON-REQUEST" in told
    assert not any(word in told for word in (SECRET, AMI_SECRET, GOOD["ari_password"]))


@pytest.mark.parametrize("flavour", list(Flavour))
def test_the_contexts_that_other_parts_count_on_are_there(flavour: Flavour) -> None:
    text = next(iter(files(flavour).values())).text
    for context in ("kommutator-inbound", "kommutator-in", "kommutator-route", "kommutator-ask",
                    "kommutator-take", "click2call", "gw-outbound", "gw-record-leg"):  # fmt: skip
        assert f"\n[{context}]\n" in text
    assert "Goto(from-provider,${EXTEN},1)" in text


@pytest.mark.parametrize("flavour", list(Flavour))
def test_the_number_shown_is_the_companys_and_the_notes_say_what_would_hide_it(
    flavour: Flavour,
) -> None:
    made = files(flavour)
    outbound = next(iter(made.values())).text.partition("\n[gw-outbound]\n")[2]
    assert "Set(CALLERID(all)=<${FILTER(+0-9,${GW_LINE})}>)" in outbound.partition("\n[")[0]
    assert re.search(r"^; .*\bno `from_user`", made["pjsip"].text, re.MULTILINE)


def test_freepbx_hooks_in_where_freepbx_looks() -> None:
    text = files(Flavour.FREEPBX)["dialplan_freepbx"].text
    assert "[macro-dialout-trunk-predial-hook]" in text
    assert "Goto(from-internal,${FILTER(+0-9,${EXTEN})},1)" in text
    assert "provider" not in text.replace("from-provider", "").replace("the provider", "")


@pytest.mark.parametrize("script", ["test", "recording"])
def test_shell_scripts_are_shell(script: str, tmp_path: Path) -> None:
    path = tmp_path / "script"
    path.write_text(files()[script].text)
    subprocess.run(["sh", "-n", path], check=True)


BREAKERS = "\n\r\0;,(){}[]$`'\"\\|&<> \t#=\u2028é"


@pytest.mark.parametrize("field", [field.name for field in fields(PbxValues)])
def test_no_value_breaks_out_of_its_line(field: str) -> None:
    ok = getattr(PbxValues(**GOOD), field)
    for bad in BREAKERS:
        if field in ("ami_secret", "ari_password") and bad == "=":
            continue  # the value of `secret = …` may hold one
        for value in (f"{ok}{bad}", f"{bad}{ok}", f"{ok[:1]}{bad}{ok[1:]}"):
            with pytest.raises(InvalidInput) as refused:
                PbxValues(**{**GOOD, field: value})
            assert refused.value.params["field"] == field


@given(st.sampled_from([field.name for field in fields(PbxValues)]), st.text(max_size=40))
def test_whatever_is_let_in_adds_no_line(field: str, value: str) -> None:
    try:
        values = PbxValues(**{**GOOD, field: value})
    except InvalidInput:
        return
    before = [
        len(file.text.splitlines()) for file in render_files(PbxValues(**GOOD), Flavour.ASTERISK)
    ]
    after = [len(file.text.splitlines()) for file in render_files(values, Flavour.ASTERISK)]
    if field not in ("ari_user", "line"):  # their absence leaves lines out
        assert before == after
