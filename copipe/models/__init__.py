"""The models on this computer: what there is, where it comes from, whether it is whole."""
