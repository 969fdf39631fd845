"""Pictures from the web: lists of URLs, crawled sites, photo services' exports."""
