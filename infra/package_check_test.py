"""What is deployed is built for where it runs, and with the answers that its owner gave."""

import pathlib
import struct
import tempfile
import unittest

import package_check
from template import HERE, TEMPLATE, of_type

ROOT = HERE.parent


def binary(machine, libraries=b""):
    return b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack("<HH", 3, machine) + libraries


class Binaries(unittest.TestCase):
    def test_another_processor_or_a_later_c_library_is_refused(self):
        self.assertIsNone(package_check.fault(binary(62, b"GLIBC_2.34\0GLIBC_2.2.5"), "x86_64"))
        self.assertIsNone(package_check.fault(binary(183), "arm64"))
        self.assertIn("built for x86_64, and the template says arm64", package_check.fault(binary(62), "arm64"))
        self.assertIn("built for machine 40", package_check.fault(binary(40), "x86_64"))
        self.assertIn("needs glibc 2.36", package_check.fault(binary(62, b"GLIBC_2.4\0GLIBC_2.36"), "x86_64"))
        self.assertIn("not a Linux binary", package_check.fault(b"MZ", "x86_64"))

    def test_every_function_of_a_build_is_looked_at_and_an_empty_build_is_none(self):
        with tempfile.TemporaryDirectory() as name:
            build = pathlib.Path(name)
            self.assertEqual(len(package_check.faults(build, "x86_64")), 1)
            for function, machine in {"Good": 62, "Bad": 183}.items():
                (build / function).mkdir()
                (build / function / "bootstrap").write_bytes(binary(machine))
            found = package_check.faults(build, "x86_64")
            self.assertEqual(found, ["Bad is built for arm64, and the template says x86_64"])

    def test_one_line_says_the_processor_for_the_build_and_for_the_functions(self):
        self.assertEqual(TEMPLATE["Globals"]["Function"]["Architectures"], ["x86_64"])
        self.assertEqual(package_check.architecture((HERE / "template.yaml").read_text()), "x86_64")
        self.assertNotIn("Architecture", TEMPLATE["Parameters"])
        for name, each in of_type("AWS::Serverless::Function").items():
            self.assertNotIn("Architectures", each, name)


class Samconfig(unittest.TestCase):
    def setUp(self):
        # tomllib comes with Python 3.11; what SAM itself reads the file with is there in any.
        import tomlkit

        self.config = tomlkit.parse((ROOT / "samconfig.toml").read_text())

    def test_what_a_guided_deploy_saves_is_read_by_the_next_one(self):
        # SAM saves beside the template that it was told of.
        production = self.config["production"]
        self.assertNotIn("global", production)
        self.assertNotIn("template_file", production["deploy"]["parameters"])
        self.assertEqual(production["build"]["parameters"]["template_file"], "infra/template.yaml")

    def test_no_sample_login_and_no_processor_is_deployed_for_real(self):
        for command in self.config["production"].values():
            self.assertNotIn("parameter_overrides", command["parameters"])
        self.assertNotIn("Default", TEMPLATE["Parameters"]["AdminLogin"])


if __name__ == "__main__":
    unittest.main()
