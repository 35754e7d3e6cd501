"""The brain "llm": a language model understands and chooses, the dialogue speaks and acts.

The model is given the salon, the talk and the client's words as data, tools that only read, and
*moves* (`moves.py`), of which it must make one. A move is carried out by the same rooms of
`assistant/dialogue` as for the rules, so that what can be proposed, asked and said is the same.
What goes wrong in any way is answered by the rules. Nothing here imports the library but
`agent.py`, `wire.py` and `trial.py`, which are opened when a model is first asked.
"""
