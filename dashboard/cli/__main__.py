from __future__ import annotations

from dashboard.cli.program import main

raise SystemExit(main())
