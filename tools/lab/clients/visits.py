# SPDX-License-Identifier: Apache-2.0
"""What drives a browser: lines "URL SECONDS PICTURE" in, one line of JSON out for each, until a line "end"."""
import json
import time


def answer_visits(browser, visits_path, seen_path):
    try:
        with open(visits_path) as visits, open(seen_path, "w") as seen:
            for line in visits:
                if line == "end\n":
                    break
                url, seconds, picture = line.split()
                begin = time.monotonic()
                answer = browser.visit(url, float(seconds), picture)
                answer["seconds"] = round(time.monotonic() - begin, 1)
                print(json.dumps(answer), file=seen, flush=True)
    finally:
        browser.end()
