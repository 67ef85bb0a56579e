"""The tree against the published roots of RFC 6962 implementations, and every proof up to 130 leaves."""

import hashlib

import pytest

from ansim.trust.ledger import merkle
from ansim.trust.ledger.model import leaf_hash

# The leaves and roots that Certificate Transparency's own code tests with (certificate-transparency-go, RFC 6962).
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_published_roots() -> None:
    tree = merkle.Tree()
    assert tree.root() == hashlib.sha256().digest()
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        tree.append(leaf_hash(leaf))
        assert tree.root().hex() == root


def test_every_proof_up_to_130_leaves() -> None:
    tree, leaves = merkle.Tree(), [leaf_hash(b"%d" % number) for number in range(130)]
    heads = [tree.root()]
    for leaf in leaves:
        tree.append(leaf)
        heads.append(tree.root())
    for size in range(1, 131):
        for position in range(size):
            proof = tree.inclusion(position, size)
            assert merkle.included(leaves[position], position, size, proof, heads[size])
            assert not merkle.included(leaf_hash(b"x"), position, size, proof, heads[size])
            assert not merkle.included(leaves[position], position + 1, size, proof, heads[size])
            assert not merkle.included(leaves[position], position, size, [*proof, heads[0]], heads[size])
        for old in range(size + 1):
            proof = tree.consistency(old, size)
            assert merkle.consistent(old, size, heads[old], heads[size], proof)
            if 0 < old < size:
                assert not merkle.consistent(old, size, heads[old - 1], heads[size], proof)
                assert not merkle.consistent(old, size, heads[old], heads[size - 1], proof)
                assert not merkle.consistent(old, size, heads[old], heads[size], proof[:-1])
                assert not merkle.consistent(old, size, heads[old], heads[size], [*proof, heads[0]])


def test_growing_needs_only_the_cover_of_what_is_there() -> None:
    whole, stored = merkle.Tree(), {}
    leaves = [leaf_hash(b"%d" % number) for number in range(77)]
    size = 0
    for step in (1, 2, 3, 10, 0, 61):
        known = {node: stored[node] for node in merkle.cover(0, size)}
        stored |= merkle.grow(size, known, leaves[size : size + step])
        for leaf in leaves[size : size + step]:
            whole.append(leaf)
        size += step
        assert merkle.root(size, {node: stored[node] for node in merkle.cover(0, size)}) == whole.root()


@pytest.mark.parametrize(("position", "size"), [(0, 0), (5, 5), (-1, 3)])
def test_no_proof_outside_the_tree(position: int, size: int) -> None:
    with pytest.raises(ValueError):
        merkle.inclusion_parts(position, size)
    assert not merkle.included(bytes(32), position, size, [], bytes(32))
