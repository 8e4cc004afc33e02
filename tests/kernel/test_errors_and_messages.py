"""Errors carry codes; words come from one catalogue that is complete in both languages."""

import pickle

import pytest

from yifang.kernel import errors, messages


@pytest.mark.parametrize("code", sorted(messages.catalogue()))
def test_every_message_is_complete_in_both_languages(code: str) -> None:
    texts = messages.catalogue()[code]
    assert set(texts) == set(messages.LANGUAGES)
    assert all(text.strip() for text in texts.values())
    assert messages.placeholders(texts["zh"]) == messages.placeholders(texts["en"])


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.UserError("kernel.id_check"), 400),
        (errors.NotAllowed("kernel.not_allowed", action="x"), 403),
        (errors.NotFound("kernel.not_found", what="x", id="1"), 404),
        (errors.WrongState("kernel.wrong_state", what="x", state="y", action="z"), 409),
        (errors.ConfigError("kernel.setting", name="x", value="y", mend="z"), 500),
        (errors.YifangError("kernel.id_check"), 500),
    ],
)
def test_each_kind_of_error_has_its_status(error: errors.YifangError, status: int) -> None:
    assert errors.http_status(error) == status


def test_a_new_kind_of_user_error_is_still_a_user_error() -> None:
    class Narrower(errors.UserError):
        pass

    assert errors.http_status(Narrower("kernel.id_check")) == 400


def test_a_parameter_may_be_called_code() -> None:
    assert "9x" in errors.UserError("kernel.area_code", code="9x").render("en")


def test_lists_and_bilingual_parameters_follow_the_language() -> None:
    params = {"what": {"zh": "卡", "en": "card"}, "id": ["a", "b"]}
    assert "卡“a、b”" in messages.render("kernel.not_found", params, "zh")
    assert "card “a, b”" in messages.render("kernel.not_found", params, "en")


@pytest.mark.parametrize(
    ("code", "params", "lang"),
    [
        ("kernel.no_such_message", {}, "zh"),
        ("kernel.area_code", {}, "zh"),
        ("kernel.area_code", {"code": "1"}, "fr"),
    ],
)
def test_a_wrong_call_is_loud(code: str, params: dict[str, str], lang: str) -> None:
    with pytest.raises(messages.MessageError):
        messages.render(code, params, lang)


class _Many(errors.UserError):
    """An error whose own `__init__` takes something else, as the errors of a card do."""

    def __init__(self, findings: list[str]) -> None:
        self.findings = tuple(findings)
        super().__init__("kernel.not_found", count=len(findings))


@pytest.mark.parametrize("error", [errors.WrongState("kernel.x", state="a", n=1), _Many(["a", "b"])])
def test_an_error_crosses_a_process_border_as_it_is(error: errors.YifangError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (again.code, again.params, again.args) == (error.code, error.params, error.args)
    assert again.__dict__ == error.__dict__
