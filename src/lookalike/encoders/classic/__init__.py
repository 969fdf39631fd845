"""Encoders from before neural networks: visual words, colours, gradients, texture."""
