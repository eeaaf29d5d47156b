"""What the function says of itself: logs (metrics and drift have their place here too)."""
