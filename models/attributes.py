"""The seven attributes, in the order of every array of the package."""

ATTRIBUTES = ("toxicity", "severe_toxicity", "obscene", "insult", "threat", "identity_attack", "spam")
TOXICITY, SEVERE, OBSCENE, INSULT, THREAT, IDENTITY, SPAM = range(len(ATTRIBUTES))
