"""What the workflows and the pre-commit file call must exist."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

BASE_DIR = Path(__file__).resolve().parent.parent.parent
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text()) for path in (BASE_DIR / ".github" / "workflows").glob("*.yml")}
TARGETS = set(re.findall(r"^([a-z]+):", (BASE_DIR / "Makefile").read_text(), re.MULTILINE))


def job(name):
    [only] = WORKFLOWS[name]["jobs"].values()
    return only


def script(name):
    return "\n".join(step.get("run", "") for step in job(name)["steps"])


class TestWorkflows:
    def test_are_three(self):
        assert set(WORKFLOWS) == {"test", "deploy", "preview"}

    @pytest.mark.parametrize("name", ["test", "deploy", "preview"])
    def test_say_what_they_may_do_and_when_they_give_up(self, name):
        assert WORKFLOWS[name]["permissions"]["contents"] == "read"
        assert job(name)["timeout-minutes"] <= 45

    def test_test_calls_make_targets_that_exist_with_both_services(self):
        called = re.findall(r"^make (\w+)", script("test"), re.MULTILINE)

        assert called == ["lint", "test"]
        assert set(called) - TARGETS == set()
        assert set(job("test")["services"]) == {"postgres", "redis"}
        assert job("test")["env"] == {"CI": "true"}

    def test_deploy_migrates_with_commands_that_exist_before_it_rolls_out(self):
        loop = re.search(r"for command in (.+); do", script("deploy"))[1]
        named = [command.split()[0] for command in shlex.split(loop)]

        assert named == ["migrate", "createcachetable", "grant_app_role", "verify_ledger"]
        assert set(named) - set(get_commands()) == set()
        assert script("deploy").index("for command in") < script("deploy").index("$ROLLOUT_URL")

    def test_deploy_waits_behind_the_protection_of_its_environment(self):
        assert job("deploy")["environment"] == "${{ inputs.environment }}"

    def test_preview_gives_its_secrets_to_no_fork(self):
        assert job("preview")["if"] == "github.event.pull_request.head.repo.full_name == github.repository"

    def test_no_script_has_an_expression_pasted_into_it(self):
        assert [name for name in WORKFLOWS if "${{" in script(name)] == []


class TestPreCommit:
    def test_calls_tools_that_the_lock_file_installs(self):
        [repo] = yaml.safe_load((BASE_DIR / ".pre-commit-config.yaml").read_text())["repos"]
        tools = [hook["entry"].split()[0] for hook in repo["hooks"]]

        assert repo["repo"] == "local"
        assert [tool for tool in tools if not (BASE_DIR / tool).exists()] == []
