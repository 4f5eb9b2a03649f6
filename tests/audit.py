"""Check uv.lock for known vulnerabilities and abandoned packages, and write an SBOM; `make audit` calls this.

Exit code 0 when nothing is found, 1 when something is, 2 when the vulnerability service cannot be reached.
"""

import datetime
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SBOM = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve() / "sbom.cdx.json"
A_YEAR = datetime.timedelta(days=365)
VULNERABLE, UNREACHABLE = 1, 2  # the exit codes of `uv audit`


def main(uv, *audit_options):
    SBOM.parent.mkdir(parents=True, exist_ok=True)
    export = [uv, "export", "--quiet", "--frozen", "--preview-features=sbom-export", "--format=cyclonedx1.5"]
    subprocess.run([*export, f"--output-file={SBOM}"], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    print(f"SBOM (CycloneDX 1.5): {SBOM}")

    old_packages = packages_without_release(since=datetime.datetime.now(datetime.UTC) - A_YEAR)
    for name, version, released in old_packages:
        print(f"{name} {version} is from {released:%Y-%m-%d}: no release for a year.")
    if not old_packages:
        print("Every declared package has had a release within a year.")

    audit = [uv, "audit", "--frozen", "--preview-features=audit-command", *audit_options]
    code = subprocess.run(audit, cwd=ROOT).returncode
    if code not in {0, VULNERABLE}:
        print("NOT CHECKED for known vulnerabilities: the service cannot be reached from here. Run this where it can.")
        return UNREACHABLE
    return VULNERABLE if code or old_packages else 0


def declared_packages():
    """Return the names in pyproject.toml, normalised as in the lock file (PEP 503)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    requirements = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    return {re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", it).group()).lower() for it in requirements}


def packages_without_release(since):
    """Return name, version and time of release of each declared package whose locked version is older."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    declared = declared_packages()
    old_packages = []
    for package in lock["package"]:
        if package["name"] in declared:
            files = [*package.get("wheels", []), *filter(None, [package.get("sdist")])]
            released = max(datetime.datetime.fromisoformat(file["upload-time"]) for file in files)
            if released < since:
                old_packages.append((package["name"], package["version"], released))
    return old_packages


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
