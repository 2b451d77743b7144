"""Made-up exports of Azure Advisor that look like a real company's estate, the same for the same seed."""
