"""Fine-tune a pretrained sentence encoder on the training sources. Needs torch, which nothing else here does."""
