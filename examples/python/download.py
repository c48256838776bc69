#!/usr/bin/env python3
"""download.py LIST DIR: download a list, and print how each entry ended."""

import sys

import fetchall


def main(name, folder):
    failed = 0
    with fetchall.Session(dir=folder) as session:
        session.add_list(name)
        for event in session.run():
            if event.kind == "done":
                print(event.status, event.path, event.size, event.error.msg, sep="\t")
                failed += event.status == "failed"
            elif event.kind == "notice":
                print(event.text, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except fetchall.Error as error:
        sys.exit(f"download.py: {error.class_name}: {error}")
