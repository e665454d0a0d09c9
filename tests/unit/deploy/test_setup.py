"""What a machine lacks is said in one line that names the package to install."""

import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.local.supervisor import ROOT

HELPERS = ("bash", "cat", "cut", "dirname", "flock", "sed", "sha256sum")
TOOLS = ("git", "make", "java", "mvn", "python3")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder that is a whole PATH: every tool there, of a version that will do."""
    for helper in HELPERS:
        (tmp_path / helper).symlink_to(str(shutil.which(helper)))
    for tool in TOOLS:
        program(tmp_path, tool, "exit 0")
    program(tmp_path, "java", "echo '    java.specification.version = 17'")
    return tmp_path


def test_a_machine_with_everything_passes(machine: Path) -> None:
    run = check(machine)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("tool", "package"),
    [
        ("git", "git"),
        ("make", "make"),
        ("java", "openjdk-17-jdk-headless"),
        ("mvn", "maven"),
        ("python3", "python3-venv"),
    ],
)
def test_a_missing_tool_is_named_with_its_package(machine: Path, tool: str, package: str) -> None:
    (machine / tool).unlink()
    assert_one_line(check(machine), package)


@pytest.mark.parametrize("version", ["1.8", "11", "16"])
def test_an_old_java_is_named_with_its_version(machine: Path, version: str) -> None:
    program(machine, "java", f"echo '    java.specification.version = {version}'")
    assert_one_line(check(machine), f"Java {version} is too old")


def test_a_newer_java_will_do(machine: Path) -> None:
    program(machine, "java", "echo '    java.specification.version = 25'")
    assert check(machine).returncode == 0


def test_a_python_of_another_version_will_not_do(machine: Path) -> None:
    program(machine, "python3", "exit 1")
    assert_one_line(check(machine), "Python 3.11, 3.12 or 3.13 is needed")


def test_another_python_on_the_path_is_found(machine: Path) -> None:
    program(machine, "python3", "exit 1")
    program(machine, "python3.12", "exit 0")
    assert check(machine).returncode == 0


def test_a_python_without_venv_will_not_do(machine: Path) -> None:
    program(machine, "python3", 'case "$2" in *venv*) exit 1 ;; esac')
    assert_one_line(check(machine), "apt-get install python3-venv")


def test_given_kafka_needs_no_java(machine: Path) -> None:
    (machine / "java").unlink()
    (machine / "mvn").unlink()
    assert check(machine, KAFKA_BOOTSTRAP_SERVERS="broker:9092").returncode == 0


def test_a_browser_on_the_path_will_do(machine: Path) -> None:
    program(machine, "chromium", "exit 0")
    assert said(setup(machine, "browser")) == ""


def test_a_browser_that_the_environment_names_will_do(machine: Path) -> None:
    program(machine, "other-browser", "exit 0")
    assert said(setup(machine, "browser", OBEC_CHROMIUM=str(machine / "other-browser"))) == ""


def test_a_browser_that_the_environment_names_in_vain_is_not_replaced(machine: Path) -> None:
    administrator(machine, "exit 1")
    assert_one_line(setup(machine, "browser", OBEC_CHROMIUM="/nowhere/chromium"), "/nowhere/chromium is no program")


def test_who_may_not_install_a_browser_is_told_the_command_that_does(machine: Path) -> None:
    program(machine, "id", "echo 1000")
    run = setup(machine, "browser")
    assert_one_line(run, "apt-get install --no-install-recommends chromium")


def test_who_may_install_a_browser_gets_one_though_the_mirror_failed_once(machine: Path) -> None:
    chromium = machine / "chromium"
    administrator(
        machine,
        f"""case "$*" in
            *update*) [ -e {machine}/asked ] || {{ : >{machine}/asked; exit 100; }} ;;
            *install*chromium*) echo "#!{machine}/bash" >{chromium}; {shutil.which("chmod")} +x {chromium} ;;
        esac""",
    )
    run = setup(machine, "browser")
    assert (run.returncode, run.stdout) == (0, "")
    assert (machine / "asked").exists()


def test_an_installation_in_vain_ends_with_the_command(machine: Path) -> None:
    administrator(machine, "exit 100")
    run = setup(machine, "browser")
    assert run.returncode != 0
    assert run.stderr.splitlines()[-1].endswith("apt-get install --no-install-recommends chromium")


def administrator(machine: Path, apt_get: str) -> None:
    program(machine, "id", "echo 0")
    program(machine, "apt-get", apt_get)


def said(run: subprocess.CompletedProcess[str]) -> str:
    assert run.returncode == 0
    return run.stdout + run.stderr


def program(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!{folder / 'bash'}\n{body}\n")
    path.chmod(0o755)


def check(path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return setup(path, "check", **settings)


def setup(path: Path, command_name: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [str(path / "bash"), str(ROOT / "deploy/local/setup.sh"), command_name]
    return subprocess.run(command, env={"PATH": str(path), **settings}, capture_output=True, text=True)


def assert_one_line(run: subprocess.CompletedProcess[str], words: str) -> None:
    assert run.returncode != 0
    assert run.stderr.startswith("obec: ")
    assert run.stderr.count("\n") == 1
    assert words in run.stderr
