"""Files that hold other files, and XML: how much of them there is is counted before anything is made of it."""
