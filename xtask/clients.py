"""Makes two clients of the deployed API's own document, checks their types, and calls the API with them as two roles.

    clients.py STACK_JSON DIRECTORY    openapi-python-client and openapi-typescript; what is made lies in the directory

Ends with 1 where a generator warns, a type does not fit, or an answer is not what the document says. The packages of
`xtask/clients` must be installed.
"""

import json
import os
import pathlib
import subprocess
import sys
import urllib.request

HERE = pathlib.Path(__file__).parent
NODE = HERE / "clients"
# Whom a generated client signs in as: one whose role and whose refusals are not an admin's.
ROLES = ["manager", "auditor"]


def token_of(stack, role):
    """The access token of the first person with the role."""
    login = next(user["login"] for user in stack["users"] if user["role"] == role)
    given = json.dumps({"stack": stack, "login": login})
    environment = os.environ | {"AWS_ENDPOINT_URL": stack["endpoint_url"]}
    command = ["python3", HERE / "local.py", "token"]
    signed_in = subprocess.run(command, input=given, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(signed_in.stdout)


def document_of(stack, token):
    """The document that the deployed API serves."""
    request = urllib.request.Request(stack["api_url"] + "/openapi.json", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


def run(*command, **options):
    """Runs a program of this environment, or of the packages, to its end; one that fails ends this one."""
    program, *arguments = command
    own = pathlib.Path(sys.executable).with_name(program)
    found = own if own.exists() else NODE / "node_modules/.bin" / program
    print("$", program, *(str(argument) for argument in arguments), flush=True)
    status = subprocess.run([found if found.exists() else program, *arguments], check=False, **options).returncode
    if status:
        sys.exit(f"error: {program} failed ({status})")


def python_client(document, directory, given):
    run(
        *["openapi-python-client", "generate", "--meta", "none", "--overwrite", "--fail-on-warning"],
        *["--config", NODE / "generator.yaml", "--path", document],
        *["--output-path", directory / "rokuban_client"],
    )
    environment = os.environ | {"MYPYPATH": str(directory), "PYTHONPATH": str(directory)}
    cache = directory / "mypy"
    run("mypy", "--strict", "--cache-dir", cache, "-p", "rokuban_client", env=environment)
    run("mypy", "--strict", "--cache-dir", cache, NODE / "call.py", env=environment)
    run("python", NODE / "call.py", input=given, text=True, env=environment)


def typescript_client(document, given):
    types = NODE / "dist/rokuban.d.ts"
    run("openapi-typescript", document, "--default-non-nullable=false", "--output", types)
    run("tsc", "--project", NODE)
    run("node", NODE / "dist/call.js", input=given, text=True)


def main(stack_file, directory):
    stack = json.loads(pathlib.Path(stack_file).read_text())
    directory = pathlib.Path(directory).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    tokens = {role: token_of(stack, role) for role in ROLES}
    document = directory / "openapi.json"
    document.write_bytes(document_of(stack, tokens["manager"]))
    given = json.dumps({"url": stack["api_url"], **tokens})
    python_client(document, directory, given)
    typescript_client(document, given)


if __name__ == "__main__":
    main(*sys.argv[1:])
