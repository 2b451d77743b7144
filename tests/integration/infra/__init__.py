"""Tests of what deploys the product."""
