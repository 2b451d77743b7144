"""A process that counts the savings of so many offers and says how much memory it took."""

import json
import sys

from shared.savings import count_savings
from tests.bench.measure import peak_rss_mb
from tests.bench.offers import offers

if __name__ == "__main__":
    savings = count_savings(offers(int(sys.argv[1])))
    print(json.dumps({"peak_rss_mb": peak_rss_mb(), "counted": str(savings.by_currency[0].counted_amount)}))
