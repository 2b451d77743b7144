"""The executive summary as PowerPoint slides: native charts and tables that a consultant can edit."""

from worker.reports.presentation.deck import render_pptx

__all__ = ["render_pptx"]
