"""Tests of what deploys the product, as it is written."""
