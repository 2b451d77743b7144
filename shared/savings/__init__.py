"""What a set of recommendations would save a year, where nothing is counted twice."""

from shared.savings.counting import count_savings
from shared.savings.result import CurrencySavings, NoteCode, Savings, SavingsNote, SavingsStatus

__all__ = ["CurrencySavings", "NoteCode", "Savings", "SavingsNote", "SavingsStatus", "count_savings"]
