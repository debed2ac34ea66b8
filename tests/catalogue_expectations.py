"""What RouteLLM's own document says about every model it lists, typed by hand from its tables; no code made this.

The document is "Image Analysis & Generation" (https://abacus.ai/help/developer-platform/route-llm/image-analysis).
Read it beside this file: models in the order of its lists, parameters in the order of their table, and per parameter
the columns Type, Required, Description, Valid Values, Default. What a row leaves out is empty in the document:
not required, no choices, no limits, no default; an image parameter without a stated count takes one image.
"""

from typing import Any

Row = dict[str, Any]

# ---- Common Parameters: for every model, but see the tables of exceptions ------------------------------------------

# `prompt` is the message itself and never a parameter. Where a model's table describes it anew, PROMPTS says how.
PROMPT = "Describe the scene or action to generate"

COMMON: dict[str, Row] = {
    "num_images": {
        "type": "integer",
        "description": "Number of images to generate",
        "minimum": 1,
        "maximum": 4,
        "default": 1,
    },
    "rewrite_prompt": {
        "type": "boolean",
        "description": "Automatically improve the prompt for better results",
        "default": True,
    },
}

# ---- Rows that several tables share word for word -------------------------------------------------------------------

# "Any integer" of type number: a step of 1.
SEED: Row = {"type": "number", "description": "Seed for reproducible results", "step": 1}

# FLUX Pro Ultra, FLUX Kontext
ASPECT_RATIO_9: Row = {
    "type": "string",
    "description": "Aspect ratio of the generated image",
    "choices": ("1:1", "21:9", "16:9", "4:3", "3:2", "2:3", "3:4", "9:16", "9:21"),
    "default": "1:1",
}
# FLUX 2, Ideogram Character: the labels are the values
ASPECT_RATIO_HD: Row = {
    "type": "string",
    "description": "Aspect ratio of the generated image",
    "choices": ("1:1 HD", "1:1", "3:4", "9:16", "4:3", "16:9"),
    "default": "1:1 HD",
}
# Recraft, Recraft SVG
RECRAFT_SIZE: Row = {
    "type": "string",
    "description": "Dimensions of the generated image",
    "choices": (
        *("1024x1024", "1365x1024", "1024x1365", "1536x1024", "1024x1536"),
        *("1820x1024", "1024x1820", "1024x2048", "2048x1024", "1434x1024"),
        *("1024x1434", "1024x1280", "1280x1024", "1024x1707", "1707x1024"),
    ),
    "default": "1024x1024",
}
# GPT Image, GPT Image Edit
GPT_IMAGE_SIZE: Row = {
    "type": "string",
    "description": "Dimensions of the output image",
    "choices": ("1024x1024", "1024x1536", "1536x1024"),
    "default": "1024x1024",
}

# ---- Tables that the document gives for two models at once ----------------------------------------------------------

FLUX_PRO_CANNY_AND_DEPTH: dict[str, Row] = {
    "control_image": {
        "type": "image",
        "required": True,
        "description": "Input image used as structural guidance",
        "max_images": 1,
    },
    "seed": SEED,
}
GPT_IMAGE: dict[str, Row] = {
    "image_prompt": {"type": "image", "description": "Upload up to 5 images for inpainting/editing", "max_images": 5},
    "quality": {
        "type": "string",
        "description": "Output image quality",
        "choices": ("auto", "low", "medium", "high"),
        "default": "auto",
    },
    "size": GPT_IMAGE_SIZE,
}
GPT_IMAGE_EDIT: dict[str, Row] = {
    "image_prompt": {
        "type": "image",
        "required": True,
        "description": "Upload up to 5 images to edit",
        "max_images": 5,
    },
    "size": GPT_IMAGE_SIZE,
}

# ---- Models listed without a table: the stated spec -----------------------------------------------------------------

# The ratios of the document's flux2_pro examples.
ASPECT_RATIO_OF_THE_EXAMPLES: dict[str, Row] = {
    "aspect_ratio": {
        "type": "string",
        "description": "Aspect ratio of the generated image",
        "choices": ("1:1", "2:3"),
    },
}
# Everything optional and unset. The examples send num_images 1, aspect_ratio 1:1 and 2:3, quality high,
# image_size 1024x1536 and resolution 2K.
MULTIMODAL: dict[str, Row] = {
    "num_images": {"type": "integer", "description": "Number of images to generate", "minimum": 1, "maximum": 4},
    "aspect_ratio": {
        "type": "string",
        "description": "Aspect ratio of the generated image",
        "choices": ("1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9"),
    },
    "quality": {
        "type": "string",
        "description": "Output image quality",
        "choices": ("auto", "low", "medium", "high"),
    },
    "image_size": {"type": "string", "description": "Output image size, such as 1024x1536"},
    "resolution": {"type": "string", "description": "Output resolution", "choices": ("1K", "2K", "4K")},
}

# ---- Every model, with its own parameters (the common ones apart) ---------------------------------------------------

PARAMETERS: dict[str, dict[str, Row]] = {
    # FLUX
    "flux_kontext": {
        "mode": {
            "type": "string",
            "required": True,
            "description": "Generation quality mode",
            "choices": ("pro", "max"),
            "default": "pro",
        },
        "aspect_ratio": ASPECT_RATIO_9,
        "image_prompt": {"type": "image", "description": "Upload up to 4 images to edit", "max_images": 4},
        "seed": SEED,
        "guidance_scale": {
            "type": "number",
            "description": "How closely the output matches the prompt",
            "minimum": 1,
            "maximum": 20,
            "step": 0.5,
            "default": 3.5,
        },
    },
    "flux_kontext_edit": {
        "image_prompt": {
            "type": "image",
            "required": True,
            "description": "Upload up to 4 images to edit",
            "max_images": 4,
        },
        "mode": {
            "type": "string",
            "required": True,
            "description": "Generation quality mode",
            "choices": ("pro", "max"),
            "default": "pro",
        },
        "aspect_ratio": {
            "type": "string",
            "description": "Aspect ratio of the output image",
            "choices": ("1:1", "21:9", "16:9", "4:3", "3:2", "2:3", "3:4", "9:16", "9:21"),
            "default": "1:1",
        },
        "seed": SEED,
        "guidance_scale": {
            "type": "number",
            "description": "How closely the output matches the prompt",
            "minimum": 1,
            "maximum": 20,
            "step": 0.5,
            "default": 3.5,
        },
    },
    "flux_pro_ultra": {
        "aspect_ratio": ASPECT_RATIO_9,
        "raw": {
            "type": "boolean",
            "description": "Generate less processed, higher quality images",
            "default": False,
        },
        "image_prompt": {
            "type": "image",
            "description": "Reference image to influence the output",
            "max_images": 1,
        },
        "image_prompt_strength": {
            "type": "number",
            "description": "How closely the output resembles the reference image",
            "minimum": 0,
            "maximum": 1,
            "step": 0.01,
            "default": 0.1,
        },
        "seed": SEED,
    },
    "flux_pro": {
        "size": {
            "type": "string",
            "description": "Resolution of the generated image",
            "choices": (
                *("1440x1440", "1440x1024", "1024x1440", "1440x768", "768x1440"),
                *("1024x1024", "1024x768", "768x1024", "768x576", "576x768"),
                *("640x640", "768x448", "448x768", "640x480", "480x640"),
            ),
            "default": "1440x1440",
        },
        "seed": SEED,
    },
    "flux_pro_canny": FLUX_PRO_CANNY_AND_DEPTH,
    "flux_pro_depth": FLUX_PRO_CANNY_AND_DEPTH,
    "flux_pro_fill": {
        "image": {"type": "image", "required": True, "description": "Image to fill in", "max_images": 1},
        "mask": {"type": "image", "required": True, "description": "Mask of the area to fill", "max_images": 1},
    },
    "flux2_pro": ASPECT_RATIO_OF_THE_EXAMPLES,
    "flux2": {
        "aspect_ratio": ASPECT_RATIO_HD,
        "image_prompt": {"type": "image", "description": "Upload up to 3 reference images", "max_images": 3},
        "acceleration": {
            "type": "string",
            "description": "Speed vs. quality trade-off",
            "choices": ("none", "regular", "high"),
            "default": "none",
        },
        "seed": SEED,
        "guidance_scale": {
            "type": "number",
            "description": "How closely the output matches the prompt",
            "minimum": 0,
            "maximum": 20,
            "step": 0.5,
            "default": 2.5,
        },
    },
    # OpenAI
    "gpt_image15": GPT_IMAGE,
    "gpt_image15_edit": GPT_IMAGE_EDIT,
    "gpt_image": GPT_IMAGE,
    "gpt_image_edit": GPT_IMAGE_EDIT,
    "dalle": {
        "size": {
            "type": "string",
            "description": "Dimensions of the generated image",
            "choices": ("1024x1024", "1792x1024", "1024x1792"),
            "default": "1024x1024",
        },
        "quality": {
            "type": "string",
            "description": "Image quality level",
            "choices": ("standard", "hd"),
            "default": "standard",
        },
        "style": {
            "type": "string",
            "description": "Visual style — vivid for hyper-real, natural for realistic",
            "choices": ("vivid", "natural"),
            "default": "vivid",
        },
    },
    # Google
    "imagen": {
        "aspect_ratio": {
            "type": "string",
            "description": "Aspect ratio of the generated image",
            "choices": ("1:1", "16:9", "4:3", "3:4", "9:16"),
            "default": "1:1",
        },
        "negative_prompt": {
            "type": "string",
            "description": 'Elements to exclude from the image (e.g., "blur, distortion")',
        },
        "seed": SEED,
    },
    "gemini_native": {
        "image_prompt": {"type": "image", "required": True, "description": "Image to edit", "max_images": 1},
    },
    "nano_banana_pro": {
        "image_prompt": {"type": "image", "description": "Upload up to 4 reference images", "max_images": 4},
        "aspect_ratio": {
            "type": "string",
            "description": "Aspect ratio of the generated image",
            "choices": ("1:1", "21:9", "16:9", "3:2", "4:3", "5:4", "4:5", "3:4", "2:3", "9:16"),
            "default": "1:1",
        },
        "resolution": {
            "type": "string",
            "description": "Output resolution",
            "choices": ("1K", "2K", "4K"),
            "default": "1K",
        },
    },
    "nano_banana2": {
        "image_prompt": {
            "type": "image",
            "description": "Upload up to 14 reference images (up to 10 objects + 4 characters)",
            "max_images": 14,
        },
        "aspect_ratio": {
            "type": "string",
            "description": "Aspect ratio of the generated image",
            "choices": (
                *("1:1", "1:4", "1:8", "2:3", "3:2", "3:4", "4:1"),
                *("4:3", "4:5", "5:4", "8:1", "9:16", "16:9", "21:9"),
            ),
            "default": "1:1",
        },
        "resolution": {
            "type": "string",
            "description": "Output resolution",
            "choices": ("0.5K", "1K", "2K", "4K"),
            "default": "1K",
        },
    },
    "nano_banana": {
        "image_prompt": {"type": "image", "description": "Upload up to 4 reference images", "max_images": 4},
        "aspect_ratio": {
            "type": "string",
            "description": "Aspect ratio of the generated image",
            "choices": ("1:1", "9:16", "16:9", "3:4", "4:3", "3:2", "2:3"),
            "default": "1:1",
        },
    },
    # Others
    "ideogram": {
        "aspect_ratio": {
            "type": "string",
            "description": "Aspect ratio of the generated image",
            "choices": (
                *("1x1", "2x3", "3x2", "3x4", "4x3", "4x5", "5x4", "9x16"),
                *("16x9", "10x16", "16x10", "1x2", "2x1", "1x3", "3x1"),
            ),
            "default": "1x1",
        },
        "style": {
            "type": "string",
            "description": "Visual style of the output",
            "choices": ("AUTO", "GENERAL", "REALISTIC", "DESIGN"),
            "default": "AUTO",
        },
        "negative_prompt": {"type": "string", "description": "Elements to exclude from the image"},
        "seed": SEED,
    },
    "ideogram_character": {
        "character_images": {
            "type": "image",
            "required": True,
            "description": "Character reference images",
            "max_images": 4,
        },
        "style_images": {"type": "image", "description": "Style reference images", "max_images": 4},
        "negative_prompt": {"type": "string", "description": "Elements to exclude from the image"},
        "rendering_speed": {
            "type": "string",
            "description": "Speed vs. quality trade-off",
            "choices": ("TURBO", "BALANCED", "QUALITY"),
            "default": "BALANCED",
        },
        "style": {
            "type": "string",
            "description": "Visual style of the output",
            "choices": ("AUTO", "REALISTIC", "FICTION"),
            "default": "AUTO",
        },
        "aspect_ratio": ASPECT_RATIO_HD,
        "seed": SEED,
    },
    "recraft": {
        "size": RECRAFT_SIZE,
        "style": {
            "type": "string",
            "description": "Visual style — Realistic for photorealism, Digital Illustration for digital art",
            "choices": ("realistic_image", "digital_illustration"),
            "default": "realistic_image",
        },
    },
    "recraft_svg": {
        "size": RECRAFT_SIZE,
        "style": {
            "type": "string",
            "description": "SVG illustration style",
            "choices": ("any", "engraving", "line_art", "line_circuit", "linocut"),
            "default": "any",
        },
    },
    "midjourney": {
        "version": {
            "type": "string",
            "description": "Midjourney model version",
            "choices": ("v7", "v6", "niji 6"),
            "default": "v7",
        },
        "aspect_ratio": {
            "type": "string",
            "description": "Aspect ratio of the generated image",
            "choices": ("1:1", "16:9", "9:16", "4:3", "3:4", "1:2", "2:1"),
            "default": "1:1",
        },
        "process_mode": {
            "type": "string",
            "description": "Generation speed",
            "choices": ("fast", "turbo", "relax"),
            "default": "fast",
        },
        "negative_prompt": {"type": "string", "description": "Elements to exclude from the image"},
    },
    "seedream": {
        "image_prompt": {"type": "image", "description": "Upload up to 4 reference images", "max_images": 4},
        "image_size": {
            "type": "string",
            "description": "Output image size",
            "choices": (
                *("auto_4K", "square_hd", "square", "portrait_4_3"),
                *("landscape_4_3", "portrait_16_9", "landscape_16_9"),
            ),
            "default": "auto_4K",
        },
        "seed": SEED,
    },
    "dreamina": {
        "aspect_ratio": {
            "type": "string",
            "description": "Output aspect ratio",
            "choices": ("square_hd", "square", "landscape_4_3", "landscape_16_9"),
            "default": "square_hd",
        },
        "seed": SEED,
    },
    "magnific": {
        "image_prompt": {"type": "image", "required": True, "description": "Image to upscale", "max_images": 1},
        "scale_factor": {
            "type": "string",
            "description": "Upscale multiplier",
            "choices": ("2x", "4x", "8x"),
            "default": "2x",
        },
        "optimized_for": {
            "type": "string",
            "description": "Content type to optimize for",
            "choices": (
                *("standard", "soft_portraits", "hard_portraits", "art_n_illustration", "videogame_assets"),
                *("nature_n_landscapes", "films_n_photography", "3d_renders", "science_fiction_n_horror"),
            ),
            "default": "standard",
        },
        # The document gives these four no step: whole numbers.
        "creativity": {
            "type": "number",
            "description": "AI creativity level",
            "minimum": -10,
            "maximum": 10,
            "step": 1,
            "default": 0,
        },
        "hdr": {
            "type": "number",
            "description": "Image detail and definition",
            "minimum": -10,
            "maximum": 10,
            "step": 1,
            "default": 0,
        },
        "resemblance": {
            "type": "number",
            "description": "Similarity to the original image",
            "minimum": -10,
            "maximum": 10,
            "step": 1,
            "default": 0,
        },
        "fractality": {
            "type": "number",
            "description": "Fractal detail level",
            "minimum": -10,
            "maximum": 10,
            "step": 1,
            "default": 0,
        },
        "engine": {
            "type": "string",
            "description": "Upscaling engine to use",
            "choices": ("automatic", "magnific_illusio", "magnific_sharpy", "magnific_sparkle"),
            "default": "automatic",
        },
    },
    "qwen_image_edit": {
        "image_prompt": {
            "type": "image",
            "required": True,
            "description": "Image to edit (max 1 file)",
            "max_images": 1,
        },
        "negative_prompt": {"type": "string", "description": "Elements to exclude from the image"},
        "aspect_ratio": {
            "type": "string",
            "description": "Output aspect ratio",
            "choices": (
                *("square_hd", "square", "portrait_4_3", "portrait_16_9"),
                *("landscape_4_3", "landscape_16_9"),
            ),
            "default": "square_hd",
        },
        "seed": SEED,
        "guidance_scale": {
            "type": "number",
            "description": "Prompt adherence strength",
            "minimum": 1,
            "maximum": 20,
            "step": 0.5,
            "default": 4,
        },
        # The document gives no step: whole numbers.
        "num_inference_steps": {
            "type": "number",
            "description": "Number of diffusion steps (higher = more detail)",
            "minimum": 2,
            "maximum": 50,
            "step": 1,
            "default": 30,
        },
        "acceleration": {
            "type": "string",
            "description": "Speed vs. quality trade-off",
            "choices": ("regular", "high"),
            "default": "regular",
        },
    },
    "imagine_art": {
        "aspect_ratio": {
            "type": "string",
            "description": "Aspect ratio of the generated image",
            "choices": ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "1:3", "3:1"),
            "default": "1:1",
        },
    },
    "hunyuan_image": {
        "negative_prompt": {"type": "string", "description": "Elements to exclude from the image"},
        "image_size": {
            "type": "string",
            "description": "Output image size",
            "choices": (
                *("square_hd", "square", "portrait_4_3", "portrait_16_9"),
                *("landscape_4_3", "landscape_16_9"),
            ),
            "default": "square_hd",
        },
        "guidance_scale": {
            "type": "number",
            "description": "Prompt adherence strength",
            "minimum": 1,
            "maximum": 10,
            "step": 0.5,
            "default": 7.5,
        },
    },
    "grok_imagine_image": ASPECT_RATIO_OF_THE_EXAMPLES,
    # Multimodal LLMs
    "gpt-5.4": MULTIMODAL,
    "gpt-5.4-mini": MULTIMODAL,
    "gpt-5": MULTIMODAL,
    "gpt-5.1": MULTIMODAL,
    "gpt-4o": MULTIMODAL,
    "gemini-3.1-pro": MULTIMODAL,
    "gemini-3-pro": MULTIMODAL,
    "gemini-3-flash": MULTIMODAL,
    "gemini-2.5-pro": MULTIMODAL,
    "gemini-2.5-flash": MULTIMODAL,
    # Image analysis
    "route-llm": {},
}

# ---- Labels ---------------------------------------------------------------------------------------------------------

# Labels of the document: in brackets behind the value, or (Recraft) in the description. They hold for every model.
DOCUMENTED_LABELS = {
    "auto_4K": "Auto",
    "square_hd": "1:1 HD",
    "square": "1:1",
    "portrait_4_3": "3:4",
    "landscape_4_3": "4:3",
    "portrait_16_9": "9:16",
    "landscape_16_9": "16:9",
    "realistic_image": "Realistic",
    "digital_illustration": "Digital Illustration",
}

# Labels of ours, where the bare value reads badly. A size such as 1440x1440 reads 1440 × 1440 and is not listed here;
# every other value is its own label.
READABLE_LABELS = {
    # mode, acceleration, quality, style
    "pro": "Pro",
    "max": "Max",
    "none": "None",
    "regular": "Regular",
    "high": "High",
    "auto": "Auto",
    "low": "Low",
    "medium": "Medium",
    "standard": "Standard",
    "hd": "HD",
    "vivid": "Vivid",
    "natural": "Natural",
    # Ideogram
    "1x1": "1:1",
    "2x3": "2:3",
    "3x2": "3:2",
    "3x4": "3:4",
    "4x3": "4:3",
    "4x5": "4:5",
    "5x4": "5:4",
    "9x16": "9:16",
    "16x9": "16:9",
    "10x16": "10:16",
    "16x10": "16:10",
    "1x2": "1:2",
    "2x1": "2:1",
    "1x3": "1:3",
    "3x1": "3:1",
    "AUTO": "Auto",
    "GENERAL": "General",
    "REALISTIC": "Realistic",
    "DESIGN": "Design",
    "FICTION": "Fiction",
    "TURBO": "Turbo",
    "BALANCED": "Balanced",
    "QUALITY": "Quality",
    # Recraft SVG
    "any": "Any",
    "engraving": "Engraving",
    "line_art": "Line art",
    "line_circuit": "Line circuit",
    "linocut": "Linocut",
    # Midjourney
    "niji 6": "Niji 6",
    "fast": "Fast",
    "turbo": "Turbo",
    "relax": "Relax",
    # Magnific
    "2x": "2×",
    "4x": "4×",
    "8x": "8×",
    "soft_portraits": "Soft portraits",
    "hard_portraits": "Hard portraits",
    "art_n_illustration": "Art and illustration",
    "videogame_assets": "Video game assets",
    "nature_n_landscapes": "Nature and landscapes",
    "films_n_photography": "Films and photography",
    "3d_renders": "3D renders",
    "science_fiction_n_horror": "Science fiction and horror",
    "automatic": "Automatic",
    "magnific_illusio": "Illusio",
    "magnific_sharpy": "Sharpy",
    "magnific_sparkle": "Sparkle",
}

# ---- Notes and warnings ---------------------------------------------------------------------------------------------

# "Describe the edits to make" and the like: the `prompt` row of a model's own table. All others: PROMPT.
PROMPTS = {
    "flux_kontext_edit": "Describe the edits to make",
    "gpt_image15_edit": "Describe the edits to make",
    "gpt_image_edit": "Describe the edits to make",
    "gemini_native": "Describe the edits to make",
    "magnific": "Prompt to guide the upscaling process",
}
# "num_images is not supported by gpt_image15_edit, imagine_art, magnific, and midjourney."
# (route-llm makes no images.)
WITHOUT_NUM_IMAGES = {"gpt_image15_edit", "imagine_art", "magnific", "midjourney", "route-llm"}
# The multimodal LLMs take the five parameters of MULTIMODAL and no more.
WITHOUT_REWRITE_PROMPT = {
    *("gpt-5.4", "gpt-5.4-mini", "gpt-5", "gpt-5.1", "gpt-4o"),
    *("gemini-3.1-pro", "gemini-3-pro", "gemini-3-flash", "gemini-2.5-pro", "gemini-2.5-flash"),
    "route-llm",
}
# "When image_prompt is provided, ... are ignored."
IGNORED_WITH_IMAGE_PROMPT = {
    "flux_kontext": {"num_images", "seed", "guidance_scale"},
    "gpt_image": {"num_images", "quality", "size"},
    "gpt_image15": {"num_images", "quality", "size"},
}
# "Do not include URLs or --flags in prompt or negative_prompt."
FORBIDS_URLS_AND_FLAGS = {"midjourney": {"prompt", "negative_prompt"}}
# "4K resolution costs double the credits of 1K and 2K."
COSTS_DOUBLE = {("nano_banana2", "resolution", "4K"), ("nano_banana_pro", "resolution", "4K")}
# "Vector image generation"
VECTOR_MODELS = {"recraft_svg"}

# ---- Payloads -------------------------------------------------------------------------------------------------------

# (model, what the browser posts beside the prompt, how many images per image parameter, the image_config that travels).
# Values at their default do not travel, except required ones (mode) and rewrite_prompt, which always does: a box that
# is not ticked posts nothing and means false. Images travel in the message, so they are never in image_config.
# Types matter: 2 is not 2.0 and True is not 1.
PAYLOADS: list[tuple[str, dict[str, str], dict[str, int], dict[str, Any]]] = [
    (
        "flux_kontext",
        {"mode": "max", "guidance_scale": "4.5", "seed": "7", "num_images": "2", "rewrite_prompt": "on"},
        {},
        {"mode": "max", "guidance_scale": 4.5, "seed": 7, "num_images": 2, "rewrite_prompt": True},
    ),
    # Everything at its default: only what is required or always sent.
    (
        "flux_kontext",
        {"mode": "pro", "aspect_ratio": "1:1", "guidance_scale": "3.5", "seed": "", "num_images": "1"},
        {},
        {"mode": "pro", "rewrite_prompt": False},
    ),
    # With a reference image, three of them are ignored and do not travel.
    (
        "flux_kontext",
        {
            "mode": "max",
            "aspect_ratio": "16:9",
            "guidance_scale": "4.5",
            "seed": "7",
            "num_images": "2",
            "rewrite_prompt": "on",
        },
        {"image_prompt": 2},
        {"mode": "max", "aspect_ratio": "16:9", "rewrite_prompt": True},
    ),
    # The edit model has no such note: seed, guidance and count travel beside its images.
    (
        "flux_kontext_edit",
        {
            "mode": "pro",
            "aspect_ratio": "9:21",
            "guidance_scale": "5",
            "seed": "0",
            "num_images": "3",
            "rewrite_prompt": "on",
        },
        {"image_prompt": 4},
        {
            "mode": "pro",
            "aspect_ratio": "9:21",
            "guidance_scale": 5.0,
            "seed": 0,
            "num_images": 3,
            "rewrite_prompt": True,
        },
    ),
    (
        "flux_pro_ultra",
        {"aspect_ratio": "21:9", "raw": "on", "image_prompt_strength": "0.35", "seed": "12", "rewrite_prompt": "on"},
        {"image_prompt": 1},
        {"aspect_ratio": "21:9", "raw": True, "image_prompt_strength": 0.35, "seed": 12, "rewrite_prompt": True},
    ),
    # A zero is a value: it differs from the default of 0.1. The switch at its default of false does not travel.
    (
        "flux_pro_ultra",
        {"image_prompt_strength": "0", "num_images": "4"},
        {"image_prompt": 1},
        {"image_prompt_strength": 0.0, "num_images": 4, "rewrite_prompt": False},
    ),
    (
        "flux_pro",
        {"size": "768x576", "seed": "2147483647", "num_images": "1", "rewrite_prompt": "on"},
        {},
        {"size": "768x576", "seed": 2147483647, "rewrite_prompt": True},
    ),
    (
        "flux_pro_canny",
        {"seed": "42", "num_images": "2", "rewrite_prompt": "on"},
        {"control_image": 1},
        {"seed": 42, "num_images": 2, "rewrite_prompt": True},
    ),
    ("flux_pro_depth", {"seed": "", "num_images": "1"}, {"control_image": 1}, {"rewrite_prompt": False}),
    (
        "flux_pro_fill",
        {"num_images": "2", "rewrite_prompt": "on"},
        {"image": 1, "mask": 1},
        {"num_images": 2, "rewrite_prompt": True},
    ),
    # The document's second example; its third asks for one image, which is the default.
    (
        "flux2_pro",
        {"num_images": "3", "aspect_ratio": "1:1", "rewrite_prompt": "on"},
        {},
        {"num_images": 3, "aspect_ratio": "1:1", "rewrite_prompt": True},
    ),
    (
        "flux2_pro",
        {"num_images": "1", "aspect_ratio": "2:3", "rewrite_prompt": "on"},
        {},
        {"aspect_ratio": "2:3", "rewrite_prompt": True},
    ),
    ("flux2_pro", {"num_images": "1", "aspect_ratio": ""}, {}, {"rewrite_prompt": False}),
    (
        "flux2",
        {"aspect_ratio": "1:1", "acceleration": "high", "seed": "9", "guidance_scale": "0", "rewrite_prompt": "on"},
        {"image_prompt": 3},
        {"aspect_ratio": "1:1", "acceleration": "high", "seed": 9, "guidance_scale": 0.0, "rewrite_prompt": True},
    ),
    (
        "gpt_image15",
        {"quality": "high", "size": "1024x1536", "num_images": "4", "rewrite_prompt": "on"},
        {},
        {"quality": "high", "size": "1024x1536", "num_images": 4, "rewrite_prompt": True},
    ),
    (
        "gpt_image15",
        {"quality": "high", "size": "1024x1536", "num_images": "4", "rewrite_prompt": "on"},
        {"image_prompt": 5},
        {"rewrite_prompt": True},
    ),
    (
        "gpt_image15_edit",
        {"size": "1536x1024", "rewrite_prompt": "on"},
        {"image_prompt": 5},
        {"size": "1536x1024", "rewrite_prompt": True},
    ),
    (
        "gpt_image",
        {"quality": "low", "size": "1536x1024", "num_images": "2"},
        {},
        {"quality": "low", "size": "1536x1024", "num_images": 2, "rewrite_prompt": False},
    ),
    (
        "gpt_image",
        {"quality": "low", "size": "1536x1024", "num_images": "2"},
        {"image_prompt": 1},
        {"rewrite_prompt": False},
    ),
    # Not among the models without num_images, although its twin is.
    (
        "gpt_image_edit",
        {"size": "1024x1536", "num_images": "2", "rewrite_prompt": "on"},
        {"image_prompt": 1},
        {"size": "1024x1536", "num_images": 2, "rewrite_prompt": True},
    ),
    (
        "dalle",
        {"size": "1792x1024", "quality": "hd", "style": "natural", "rewrite_prompt": "on"},
        {},
        {"size": "1792x1024", "quality": "hd", "style": "natural", "rewrite_prompt": True},
    ),
    (
        "imagen",
        {"aspect_ratio": "9:16", "negative_prompt": "blur, distortion", "seed": "5", "rewrite_prompt": "on"},
        {},
        {"aspect_ratio": "9:16", "negative_prompt": "blur, distortion", "seed": 5, "rewrite_prompt": True},
    ),
    (
        "gemini_native",
        {"num_images": "2", "rewrite_prompt": "on"},
        {"image_prompt": 1},
        {"num_images": 2, "rewrite_prompt": True},
    ),
    (
        "nano_banana_pro",
        {"aspect_ratio": "4:5", "resolution": "4K", "num_images": "2", "rewrite_prompt": "on"},
        {"image_prompt": 4},
        {"aspect_ratio": "4:5", "resolution": "4K", "num_images": 2, "rewrite_prompt": True},
    ),
    (
        "nano_banana2",
        {"aspect_ratio": "8:1", "resolution": "0.5K", "num_images": "4", "rewrite_prompt": "on"},
        {"image_prompt": 14},
        {"aspect_ratio": "8:1", "resolution": "0.5K", "num_images": 4, "rewrite_prompt": True},
    ),
    (
        "nano_banana",
        {"aspect_ratio": "2:3", "rewrite_prompt": "on"},
        {"image_prompt": 1},
        {"aspect_ratio": "2:3", "rewrite_prompt": True},
    ),
    (
        "ideogram",
        {
            "aspect_ratio": "10x16",
            "style": "DESIGN",
            "negative_prompt": "watermark",
            "seed": "1",
            "num_images": "3",
            "rewrite_prompt": "on",
        },
        {},
        {
            "aspect_ratio": "10x16",
            "style": "DESIGN",
            "negative_prompt": "watermark",
            "seed": 1,
            "num_images": 3,
            "rewrite_prompt": True,
        },
    ),
    (
        "ideogram_character",
        {
            "negative_prompt": "hat",
            "rendering_speed": "QUALITY",
            "style": "FICTION",
            "aspect_ratio": "9:16",
            "seed": "77",
        },
        {"character_images": 4, "style_images": 2},
        {
            "negative_prompt": "hat",
            "rendering_speed": "QUALITY",
            "style": "FICTION",
            "aspect_ratio": "9:16",
            "seed": 77,
            "rewrite_prompt": False,
        },
    ),
    (
        "recraft",
        {"size": "1024x2048", "style": "digital_illustration", "rewrite_prompt": "on"},
        {},
        {"size": "1024x2048", "style": "digital_illustration", "rewrite_prompt": True},
    ),
    (
        "recraft_svg",
        {"size": "1707x1024", "style": "line_art", "num_images": "2", "rewrite_prompt": "on"},
        {},
        {"size": "1707x1024", "style": "line_art", "num_images": 2, "rewrite_prompt": True},
    ),
    (
        "midjourney",
        {
            "version": "niji 6",
            "aspect_ratio": "1:2",
            "process_mode": "relax",
            "negative_prompt": "text",
            "rewrite_prompt": "on",
        },
        {},
        {
            "version": "niji 6",
            "aspect_ratio": "1:2",
            "process_mode": "relax",
            "negative_prompt": "text",
            "rewrite_prompt": True,
        },
    ),
    (
        "seedream",
        {"image_size": "portrait_16_9", "seed": "3", "num_images": "2", "rewrite_prompt": "on"},
        {"image_prompt": 4},
        {"image_size": "portrait_16_9", "seed": 3, "num_images": 2, "rewrite_prompt": True},
    ),
    (
        "dreamina",
        {"aspect_ratio": "landscape_16_9", "seed": "3", "rewrite_prompt": "on"},
        {},
        {"aspect_ratio": "landscape_16_9", "seed": 3, "rewrite_prompt": True},
    ),
    # A multiplier is text, a level is a whole number, and a level of 0 is the default.
    (
        "magnific",
        {
            "scale_factor": "4x",
            "optimized_for": "3d_renders",
            "creativity": "-3",
            "hdr": "10",
            "resemblance": "-10",
            "fractality": "0",
            "engine": "magnific_sharpy",
            "rewrite_prompt": "on",
        },
        {"image_prompt": 1},
        {
            "scale_factor": "4x",
            "optimized_for": "3d_renders",
            "creativity": -3,
            "hdr": 10,
            "resemblance": -10,
            "engine": "magnific_sharpy",
            "rewrite_prompt": True,
        },
    ),
    # A guidance of 4.0 is the default of 4.
    (
        "qwen_image_edit",
        {
            "negative_prompt": "noise",
            "aspect_ratio": "portrait_4_3",
            "seed": "11",
            "guidance_scale": "4.0",
            "num_inference_steps": "50",
            "acceleration": "high",
            "rewrite_prompt": "on",
        },
        {"image_prompt": 1},
        {
            "negative_prompt": "noise",
            "aspect_ratio": "portrait_4_3",
            "seed": 11,
            "num_inference_steps": 50,
            "acceleration": "high",
            "rewrite_prompt": True,
        },
    ),
    ("imagine_art", {"aspect_ratio": "3:1"}, {}, {"aspect_ratio": "3:1", "rewrite_prompt": False}),
    (
        "hunyuan_image",
        {"negative_prompt": "fog", "image_size": "square", "guidance_scale": "10", "rewrite_prompt": "on"},
        {},
        {"negative_prompt": "fog", "image_size": "square", "guidance_scale": 10.0, "rewrite_prompt": True},
    ),
    (
        "grok_imagine_image",
        {"num_images": "2", "aspect_ratio": "2:3", "rewrite_prompt": "on"},
        {},
        {"num_images": 2, "aspect_ratio": "2:3", "rewrite_prompt": True},
    ),
    # Unset parameters have no default to be equal to: one image, asked for, travels. Nothing asked for: nothing.
    ("gpt-5.4", {"num_images": "2", "quality": "low"}, {}, {"num_images": 2, "quality": "low"}),
    ("gpt-5.4-mini", {"num_images": "", "aspect_ratio": "", "image_size": ""}, {}, {}),
    ("gpt-5", {"resolution": "4K", "aspect_ratio": "16:9"}, {}, {"resolution": "4K", "aspect_ratio": "16:9"}),
    # The document's fourth example.
    (
        "gpt-5.1",
        {"num_images": "1", "aspect_ratio": "1:1", "quality": "high"},
        {},
        {"num_images": 1, "aspect_ratio": "1:1", "quality": "high"},
    ),
    ("gpt-4o", {"quality": "auto", "image_size": "1536x1024"}, {}, {"quality": "auto", "image_size": "1536x1024"}),
    ("gemini-3.1-pro", {"aspect_ratio": "3:2", "num_images": "4"}, {}, {"aspect_ratio": "3:2", "num_images": 4}),
    ("gemini-3-pro", {"resolution": "1K"}, {}, {"resolution": "1K"}),
    ("gemini-3-flash", {"aspect_ratio": "9:16"}, {}, {"aspect_ratio": "9:16"}),
    # The document's fifth example.
    (
        "gemini-2.5-pro",
        {"num_images": "1", "aspect_ratio": "2:3", "image_size": "1024x1536", "resolution": "2K"},
        {},
        {"num_images": 1, "aspect_ratio": "2:3", "image_size": "1024x1536", "resolution": "2K"},
    ),
    ("gemini-2.5-flash", {"num_images": "3"}, {}, {"num_images": 3}),
    ("route-llm", {}, {}, {}),
]
