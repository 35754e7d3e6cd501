"""A bridge that does what it is told: run as a program, it speaks the bridge's protocol.

`send` carries the instruction in `to`, and what it is about in `text`.
"""

import json
import os
import sys


def say(words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def obey(order: dict[str, str]) -> object:
    """What is answered; None: nothing."""
    told, text = order["to"], order["text"]
    if told == "die":
        os._exit(3)
    if told == "silence":
        return None
    if told == "refuse":
        return {"error": json.loads(text)}
    if told == "say":
        sys.stdout.write(text + "\n")
    if told == "ask":
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
        return {"ok": {"content": json.loads(sys.stdin.readline())}}
    if told == "environment":
        return {"ok": {"content": dict(os.environ)}}
    return {"ok": {"id": order["id"], "content": {"said": text}}}


def main() -> None:
    mood = sys.argv[1] if len(sys.argv) > 1 else ""
    if mood == "broken":
        sys.stderr.write("Cannot find package 'baileys'\n")
        sys.exit(1)
    say({"event": "ready", "line": None, "node": "v20.0.0", "baileys": "7.0.0-rc14"})
    for line in sys.stdin:
        words = json.loads(line)
        if "do" not in words:
            continue
        answer = obey(words["with"]) if words["do"] == "send" else {"ok": {"lines": 1, "rss": 7}}
        if answer is not None:
            say({"re": words["id"], **answer})


if __name__ == "__main__":
    main()
