"""``python -m tobs.testing``"""

import sys

from tobs.testing.serve import main

sys.exit(main())
