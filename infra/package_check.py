"""Checks what `sam build` made before it is deployed: binaries of the template's processor, for the C library of Lambda.

    python3 infra/package_check.py [BUILD_DIRECTORY]     .aws-sam/build, unless another is given

Needs Python alone. A wrong binary would be found only by the first invocation, behind a deployment that succeeded.
"""

import pathlib
import re
import struct
import sys

ROOT = pathlib.Path(__file__).parent.parent

#: By the name that Lambda uses: `e_machine` of the ELF header.
MACHINES = {"x86_64": 62, "arm64": 183}

#: The C library of Amazon Linux 2023, the functions' runtime.
GLIBC = (2, 34)


def architecture(template):
    """The processor that a template names for its functions."""
    (name,) = re.findall(r"^ *Architectures: \[(\w+)\]", template, re.MULTILINE)
    return name


def fault(binary, wanted):
    """What is wrong with a binary; `None` where nothing is."""
    if binary[:4] != b"\x7fELF" or len(binary) < 20:
        return "is not a Linux binary"
    (machine,) = struct.unpack_from("<H", binary, 18)
    if machine != MACHINES[wanted]:
        names = {number: name for name, number in MACHINES.items()}
        return f"is built for {names.get(machine, f'machine {machine}')}, and the template says {wanted}"
    versions = {tuple(map(int, each)) for each in re.findall(rb"GLIBC_(\d+)\.(\d+)", binary)}
    if versions and max(versions) > GLIBC:
        needed, there = (".".join(map(str, each)) for each in (max(versions), GLIBC))
        return f"needs glibc {needed}, and Lambda has {there}"
    return None


def faults(directory, wanted):
    """What is wrong with a build, one sentence each."""
    binaries = sorted(directory.glob("*/bootstrap"))
    if not binaries:
        return [f"no function is built in {directory}: run `sam build --config-env production`"]
    found = [(each.parent.name, fault(each.read_bytes(), wanted)) for each in binaries]
    return [f"{name} {what}" for name, what in found if what]


def main():
    directory = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".aws-sam/build")
    wanted = architecture((ROOT / "infra/template.yaml").read_text())
    found = faults(directory, wanted)
    for each in found:
        print(f"error: {each}", file=sys.stderr)
    if not found:
        print(f"every function is built for {wanted}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
