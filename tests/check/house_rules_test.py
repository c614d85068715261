#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every rule of house_rules.py is broken once, and kept once."""

import os
import tempfile
import unittest

import house_rules

APACHE = "// SPDX-License-Identifier: Apache-2.0\n"
GPL = "/* SPDX-License-Identifier: GPL-2.0-only */\n"
EITHER = "/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */\n"


class HouseRules(unittest.TestCase):
    def breaches(self, path, text):
        with tempfile.TemporaryDirectory() as root:
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
            return list(house_rules.breaches(root))

    def kept(self, path, text):
        self.assertEqual(self.breaches(path, text), [])

    def broken(self, path, text, message, line=1):
        found = self.breaches(path, text)
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(f"{path}:{line}: "), found)
        self.assertIn(message, found[0])

    def test_every_folder_has_its_licence(self):
        self.kept("userspace/base/a.h", APACHE)
        self.kept("bpf/edge.bpf.c", GPL)
        self.kept("tests/kernels/beside.bpf.c", GPL)
        self.kept("maps/rules.h", EITHER)
        self.kept("bpf/CMakeLists.txt", "# SPDX-License-Identifier: Apache-2.0\n")

    def test_a_wrong_or_missing_licence(self):
        self.broken("userspace/base/a.h", "int a;\n", "no SPDX")
        self.broken("userspace/base/a.h", GPL, "GPL-2.0-only")
        self.broken("bpf/edge.bpf.c", APACHE, "Apache-2.0")
        self.broken("maps/rules.h", GPL, "GPL-2.0-only")
        self.broken("tools/lab/demo", "#!/bin/sh\nexit 0\n", "no SPDX")

    def test_600_lines_are_allowed_and_601_are_not(self):
        self.kept("userspace/base/a.h", APACHE + "int a;\n" * 599)
        self.broken("userspace/base/a.h", APACHE + "int a;\n" * 600, "601 lines", 601)

    def test_a_vague_file_name(self):
        self.broken("userspace/base/string_utils.h", APACHE, "name")
        self.kept("userspace/base/fd.h", APACHE)

    def test_unfinished_work(self):
        self.broken("userspace/base/a.h", APACHE + "// TO" "DO: later\n", "finish it", 2)
        self.broken("docs/a.md", "not imple" "mented\n", "finish it")
        self.kept("userspace/base/a.h", APACHE + '// ".XXXXXX" of mkstemp; a hackathon\n')
        self.kept("docs/dns.md", "a st" "ub resolver asks\n")

    def test_paths_of_one_machine(self):
        self.broken("docs/a.md", "see /wo" "rk/main/a\n", "make it relative")
        self.kept("docs/a.md", "see net/ro" "ot/zone and https://example.org/work/ethics\n")

    def test_a_floor_uses_only_what_stands_below(self):
        self.kept("userspace/ruleset/a.h", APACHE + '#include "order/order.h"\n#include "maps/rules.h"\n')
        self.kept("userspace/ruleset/a.h", APACHE + '#include "ruleset/b.h"\n')
        self.broken("userspace/ruleset/a.h", APACHE + '#include "plane/plane.h"\n', "stands below", 2)

    def test_only_the_plane_knows_the_kernel(self):
        self.kept("userspace/plane/a.cpp", APACHE + '#include <bpf/libbpf.h>\n#include "edge.skel.h"\n')
        self.broken("userspace/image/a.cpp", APACHE + "#include <bpf/libbpf.h>\n", "only plane", 2)
        self.broken("userspace/cli/a.cpp", APACHE + '#include "edge.skel.h"\n', "only plane", 2)

    def test_the_contract_and_the_kernel_side_stand_alone(self):
        self.kept("maps/a.h", EITHER + '#include <linux/types.h>\n#include "maps/types.h"\n')
        self.broken("maps/a.h", EITHER + "#include <stdint.h>\n", "only maps/", 2)
        self.kept("bpf/a.bpf.c", GPL + '#include <linux/bpf.h>\n#include "maps/a.h"\n#include "bpf/parse/ip.h"\n')
        self.broken("bpf/a.bpf.c", GPL + "#include <stdio.h>\n", "UAPI", 2)
        self.broken("bpf/a.bpf.c", GPL + '#include "base/fd.h"\n', "userspace", 2)

    def test_only_the_user_interface_prints(self):
        self.kept("userspace/cli/a.cpp", APACHE + 'fmt::print("x");\n')
        self.kept("userspace/plane/a.cpp", APACHE + "// printf() would be wrong; vsnprintf(b, 1, f, a) is not\n")
        self.broken("userspace/plane/a.cpp", APACHE + 'std::cerr << "x";\n', "prints", 2)

    def test_white_space_at_the_end(self):
        self.broken("userspace/base/a.h", APACHE + "int a; \n", "white space", 2)

    def test_binaries_and_build_folders_are_left_alone(self):
        self.kept("build/a.h", "int a;\n")
        with tempfile.TemporaryDirectory() as root:
            with open(os.path.join(root, "capture.h"), "wb") as file:
                file.write(b"\xff\xfe\x00")
            self.assertEqual(list(house_rules.breaches(root)), [])


if __name__ == "__main__":
    unittest.main()
