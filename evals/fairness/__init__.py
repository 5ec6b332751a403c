"""Does a conversation get another grade when only the person sounds different?"""
