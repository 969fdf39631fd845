import numpy as np
import pytest

from lookalike.encoders.postprocessing import Transform, fit_transform
from lookalike.errors import UsageError


def sample(rows: int = 400, dims: int = 12) -> np.ndarray:
    random = np.random.default_rng(3)
    spread = np.linspace(3, 0.1, dims)
    return (random.normal(size=(rows, dims)) * spread + 5).astype(np.float32)


def test_whitening_evens_out_the_axes() -> None:
    vectors = sample()
    fitted = fit_transform(vectors, whiten=1)
    assert fitted.matrix is not None
    white = (vectors - fitted.mean) @ fitted.matrix
    np.testing.assert_allclose(np.cov(white.T), np.eye(12), atol=0.02)


def test_pca_keeps_the_axes_of_most_variance() -> None:
    vectors = sample()
    fitted = fit_transform(vectors, dims=3)
    assert fitted.matrix is not None
    kept = ((vectors - fitted.mean) @ fitted.matrix).var(axis=0)
    most = np.sort(np.linalg.eigvalsh(np.cov(vectors.T)))[::-1][:3]
    np.testing.assert_allclose(kept, most, rtol=0.02)


def test_centring_alone_keeps_the_axes() -> None:
    vectors = sample()
    centred = vectors - vectors.mean(axis=0)
    expected = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    np.testing.assert_allclose(fit_transform(vectors)(vectors), expected, atol=1e-5)


def test_a_picture_without_a_vector_stays_without() -> None:
    transform = fit_transform(sample(), dims=3)
    assert not transform(np.zeros((1, 12), np.float32)).any()


def test_what_is_written_is_read_back() -> None:
    for fitted in (fit_transform(sample()), fit_transform(sample(), dims=2, whiten=0.5)):
        again = Transform.from_bytes(fitted.to_bytes())
        np.testing.assert_array_equal(again(sample()), fitted(sample()))


@pytest.mark.parametrize(("rows", "dims"), [(400, 13), (5, 6)])
def test_more_axes_than_there_are_cannot_be_had(rows: int, dims: int) -> None:
    with pytest.raises(UsageError) as caught:
        fit_transform(sample(rows), dims)
    assert caught.value.code == "too-many-dims"
