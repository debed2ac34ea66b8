"""What administrators type as a base URL, and what becomes of it."""

import pytest

from gallery.gateway import base_urls


@pytest.mark.parametrize(
    ("dialect", "typed", "stored"),
    [
        ("routellm", "https://routellm.abacus.ai", "https://routellm.abacus.ai/v1"),
        ("routellm", "  https://RouteLLM.abacus.ai/v1/  ", "https://routellm.abacus.ai/v1"),
        ("routellm", "https://routellm.abacus.ai/v1/chat/completions", "https://routellm.abacus.ai/v1"),
        ("routellm", "https://team.abacus.ai/v1/models/", "https://team.abacus.ai/v1"),
        ("routellm", "routellm.abacus.ai", "https://routellm.abacus.ai/v1"),
        ("routellm", "https://routellm.abacus.ai:443/v1", "https://routellm.abacus.ai/v1"),
        ("openroute", "https://openroute.cn", "https://openroute.cn/api/v1"),
        ("openroute", "https://api.openroute.cn/v1", "https://api.openroute.cn/v1"),
        ("openrouter", "https://openrouter.ai/api", "https://openrouter.ai/api/v1"),
        ("openrouter", "https://openrouter.ai/api/v1/", "https://openrouter.ai/api/v1"),
        ("llmgateway", "https://api.llmgateway.io/", "https://api.llmgateway.io/v1"),
        ("llmgateway", "http://localhost:4001/v1", "http://localhost:4001/v1"),
        ("llmgateway", "http://10.1.2.3:4001", "http://10.1.2.3:4001/v1"),
        ("llmgateway", "http://[::1]:4001", "http://[::1]:4001/v1"),
        ("llmgateway", "http://llmgateway:4001", "http://llmgateway:4001/v1"),
        ("llmgateway", "https://proxy.example/llm/v1", "https://proxy.example/llm/v1"),
        ("routellm", "https://routellm.abacus.ai/api/v1", "https://routellm.abacus.ai/v1"),
        ("routellm", "https://routellm.abacus.ai/V1/chat/completions/", "https://routellm.abacus.ai/v1"),
        ("routellm", "https://team.abacus.ai/account", "https://team.abacus.ai/v1"),
        ("routellm", "<https://routellm.abacus.ai/v1/chat>", "https://routellm.abacus.ai/v1"),
        ("openroute", "https://www.openroute.cn/v1", "https://www.openroute.cn/api/v1"),
        ("openroute", "https://openroute.cn/api", "https://openroute.cn/api/v1"),
        ("openroute", "https://api.openroute.cn/api/v1/key", "https://api.openroute.cn/api/v1"),
        ("openroute", "https://api.openroute.cn", "https://api.openroute.cn/api/v1"),
        ("openrouter", "openrouter.ai/v1", "https://openrouter.ai/api/v1"),
        ("openrouter", "“https://openrouter.ai/api/v1/images/generations”", "https://openrouter.ai/api/v1"),
        ("openrouter", "https://openrouter.ai/api/v1/key", "https://openrouter.ai/api/v1"),
        ("llmgateway", "https://api.llmgateway.io/api/v1", "https://api.llmgateway.io/v1"),
        ("llmgateway", "https://api.llmgateway.io/v1/models", "https://api.llmgateway.io/v1"),
        ("llmgateway", "localhost:4001", "http://localhost:4001/v1"),
        ("llmgateway", "[::1]:4001/v1", "http://[::1]:4001/v1"),
        ("llmgateway", "https://proxy.example/api", "https://proxy.example/api"),
        ("llmgateway", "http://gateway_1:4000", "http://gateway_1:4000/v1"),
        ("llmgateway", "http://host.docker.internal.:4000", "http://host.docker.internal.:4000/v1"),
        ("llmgateway", "http://[fd12::1]:4000", "http://[fd12::1]:4000/v1"),
        ("llmgateway", "https://8.8.8.8/v1", "https://8.8.8.8/v1"),
        ("llmgateway", "https://4you.example", "https://4you.example/v1"),
        ("routellm", "https://gаteway.example", "https://xn--gteway-3nf.example/v1"),
        ("routellm", "https://routellm.abacus.ai.evil.test", "https://routellm.abacus.ai.evil.test/v1"),
        ("routellm", "https://evil.test/abacus.ai", "https://evil.test/abacus.ai"),
    ],
)
def test_an_address_is_stored_in_one_form(dialect: str, typed: str, stored: str) -> None:
    assert base_urls.normalise(typed, dialect=dialect) == stored
    assert base_urls.normalise(stored, dialect=dialect) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "https://",
        "https:///v1",
        "http://routellm.abacus.ai/v1",
        "http://8.8.8.8/v1",
        "ftp://routellm.abacus.ai",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user:password@routellm.abacus.ai",
        "https://routellm.abacus.ai@evil.test",
        "https://@evil.test",
        "https://routellm.abacus.ai/v1?key=1",
        "https://routellm.abacus.ai/v1?",
        "https://routellm.abacus.ai/v1#part",
        "https://evil.test\\@routellm.abacus.ai",
        "https://evil.test/%2e%2e/v1",
        "https://evil.test/..//v1",
        "https://evil test/v1",
        "https://evil.test\n/v1",
        "https://evil.test:99999/v1",
        "https://evil.test:port/v1",
        "http://0x08080808/v1",
        "http://0x8.8.8.8/v1",
        "http://134744072./v1",
        "http://8.8.2056/v1",
        "http://8.8.8.8./v1",
        "http://8。8。8。8/v1",
        "http://８.8.8.8/v1",
        "http://evil%2etest/v1",
        "http://evil%2elocal/v1",
        "http://[::ffff:8.8.8.8]/v1",
        "http://[64:ff9b::808:808]/v1",
        "http://[2002:808:808::]/v1",
        "http://[2001:0:808:808::1]/v1",
        "http://xn--/v1",
        "https://xn--a.com/v1",
        "https://a..b/v1",
        "https://-/v1",
        "https://routellm.abacus.ai,evil.test/v1",
        "https://routellm.abacus.ai;evil.test/v1",
        "https://$HOME/v1",
        "https://${HOME}.evil.test/v1",
        "https://evil.test/${HOME}/v1",
        "https://%24HOME/v1",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(base_urls.BaseUrlRefused) as caught:
        base_urls.normalise(typed, dialect="routellm")

    assert str(caught.value).endswith(".")


def test_plain_http_in_public_needs_to_be_allowed() -> None:
    assert base_urls.normalise("http://8.8.8.8", dialect="routellm", allow_http=True) == "http://8.8.8.8/v1"


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("https://routellm.abacus.ai/v1", "routellm.abacus.ai:443"),
        ("https://gateway.lan:80/v1", "gateway.lan:80"),
        ("http://gateway.lan/v1", "http://gateway.lan:80"),
        ("http://localhost:443/v1", "http://localhost:443"),
        ("http://[::1]:4001/v1", "http://[::1]:4001"),
    ],
)
def test_a_key_is_tied_to_host_port_and_scheme(base_url: str, host: str) -> None:
    assert base_urls.host_of(base_url) == host
