"""The chats of the sample account, one file each, and the tools they are written with."""
