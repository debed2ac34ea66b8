"""The unified endpoint, served to scripts: what any client of OpenAI's or OpenRouter's API sends, and what it needs back.

Read from the top: `chat`, `images`, `listings`, `files` (the views) within `surface` (who may ask, how errors look); below
them `chat_requests` and `image_requests` (JSON to a wish), `orders` and `inputs` (a wish to a checked call), `running` (a
call to its end), `answers`, `chat_chunks` and `events` (a row to JSON, whole or as it comes).
"""
