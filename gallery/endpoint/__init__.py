"""The unified endpoint, served to scripts: what any client of OpenAI's or OpenRouter's API sends, and what it needs back.

Read from the top: `surface` (who may ask, how errors look), `chat`, `pictures_api`, `listings`; below them `requests_in`
(JSON to a checked call) and `answers` (a row to JSON).
"""
