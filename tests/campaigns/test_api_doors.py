"""Both JSON doors describe themselves, and ask who you are."""

import pytest


@pytest.mark.django_db
class TestOpenApi:
    @pytest.mark.parametrize("base", ["/api/v1", "/api/luckffle/v1"])
    def test_the_description_answers_200(self, client, base):
        answer = client.get(f"{base}/openapi.json")
        assert answer.status_code == 200
        assert answer.json()["openapi"].startswith("3.")
        assert client.get(f"{base}/docs").status_code == 200
