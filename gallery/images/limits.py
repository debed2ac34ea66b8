"""What one picture may cost. Numbers only; `child` sets the process limits, the decoders check the rest."""

MAX_PIXELS = 100_000_000
MAX_SIDE = 65_500
MAX_FRAMES_COUNTED = 10_000
MAX_BLOCKS = 200_000
MAX_TEXT_CHUNK_BYTES = 4 * 1024 * 1024
MAX_TEXT_BYTES = 16 * 1024 * 1024
MAX_PROFILE_BYTES = 4 * 1024 * 1024

MAX_SVG_BYTES = 5 * 1024 * 1024
MAX_SVG_ELEMENTS = 200_000
MAX_SVG_DEPTH = 256
MAX_SVG_SIDE = 16_384

# 100 Mpx as RGBA are 400 MB; a decoder holds up to three of them, a progressive JPEG's coefficients in between.
CHILD_ADDRESS_SPACE_BYTES = 2 * 1024**3
CHILD_FILE_BYTES = 64 * 1024 * 1024
CHILD_OPEN_FILES = 32
CHILD_CPU_SECONDS = 20
JOB_SECONDS = 20.0
# Hundreds of pictures on a busy machine.
SHEET_SECONDS = 120.0
START_SECONDS = 30.0
JOBS_PER_CHILD = 200
CHILDREN = 2
REPLY_BYTES = 64 * 1024
