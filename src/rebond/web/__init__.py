"""What the console and the API share: the site that is served, who asks, and how refusals are answered."""
