"""Products of rows with the weights of several gates as ONNX graphs spell them, for the builders that write as
Keras, TensorFlow, JAX and others are exported."""

import numpy as np


def columns(weights):
    """[K, G*H] of [G,H,K]."""
    return weights.transpose(2, 0, 1).reshape(weights.shape[2], -1)


def rows(weights):
    """[G*H, K] of [G,H,K]."""
    return weights.reshape(-1, weights.shape[2])


def _add_bias(w, value, bias, name):
    return value if bias is None else w.add("Add", value, w.weight(f"{name}_bias", bias.reshape(-1)))


def matmul(w, x, weights, bias, name):
    """A kernel [K,G*H]."""
    return _add_bias(w, w.add("MatMul", x, w.weight(name, columns(weights))), bias, name)


def gemm(w, x, weights, bias, name):
    """PyTorch's and MXNet's fully connected layer."""
    given = [] if bias is None else [w.weight(f"{name}_bias", bias.reshape(-1))]
    return w.add("Gemm", x, w.weight(name, rows(weights)), *given, transB=1, alpha=1.0, beta=1.0)


def gemm_of_columns(w, x, weights, bias, name):
    """A Gemm that transposes nothing."""
    given = [] if bias is None else [w.weight(f"{name}_bias", bias.reshape(-1))]
    return w.add("Gemm", x, w.weight(name, columns(weights)), *given)


def transposed_weight(w, x, weights, bias, name):
    """Paddle's weights [G*H,K], transposed in the graph."""
    turned = w.add("Transpose", w.weight(name, rows(weights)), perm=[1, 0])
    return _add_bias(w, w.add("MatMul", x, turned), bias, name)


def einsum(w, x, weights, bias, name):
    """Weights [G*H,K] in an Einsum."""
    return _add_bias(w, w.add("Einsum", x, w.weight(name, rows(weights)), equation="ni,oi->no"), bias, name)


def einsum_of_columns(w, x, weights, bias, name):
    """jnp.dot as it is written by way of TensorFlow."""
    return _add_bias(w, w.add("Einsum", x, w.weight(name, columns(weights)), equation="ab,bc->ac"), bias, name)


def columns_of_states(w, x, weights, bias, name):
    """Weights times column vectors."""
    product = w.add("MatMul", w.weight(name, rows(weights)), w.add("Transpose", x, perm=[1, 0]))
    if bias is not None:
        product = w.add("Add", product, w.weight(f"{name}_bias", bias.reshape(-1, 1)))
    return w.add("Transpose", product, perm=[1, 0])


def concatenated(w, x, weights, bias, name):
    """flax's OptimizedLSTMCell: kernels of the gates, put together in the graph."""
    kernels = [w.weight(f"{name}_{k}_kernel", part.T) for k, part in enumerate(weights)]
    product = w.add("MatMul", x, w.concat(1, *kernels) if len(kernels) > 1 else kernels[0])
    if bias is None:
        return product
    parts = [w.weight(f"{name}_{k}_bias", part) for k, part in enumerate(bias)]
    return w.add("Add", product, w.concat(0, *parts) if len(parts) > 1 else parts[0])


def reshaped(w, x, weights, bias, name):
    """A weight [K,G,H] of which a matrix is made."""
    kernel = w.weight(name, weights.transpose(2, 0, 1))
    kernel = w.reshape(kernel, weights.shape[2], weights.shape[0] * weights.shape[1])
    return _add_bias(w, w.add("MatMul", x, kernel), bias, name)


# Products with the gates side by side in the last axis.
WHOLE = {function.__name__: function for function in
         (matmul, gemm, gemm_of_columns, transposed_weight, einsum, einsum_of_columns, columns_of_states,
          concatenated, reshaped)}
# Those that take rows with any axes in front.
ANY_RANK = {"matmul", "transposed_weight", "concatenated", "reshaped"}


def dense(w, x, weights, bias, name):
    """A layer of its own for each gate, with a bias where it is not zero."""
    return [matmul(w, x, part[None], bias[k] if bias is not None and bias[k].any() else None, f"{name}_{k}")
            for k, part in enumerate(weights)]


def dense_rows(w, x, weights, bias, name):
    """A fully connected layer for each gate."""
    return [gemm(w, x, part[None], None if bias is None else bias[k], f"{name}_{k}")
            for k, part in enumerate(weights)]


def split_kernel(w, x, weights, bias, name):
    """Keras' implementation 1: the kernel is split, and so is the bias."""
    count, size = weights.shape[:2]
    if count == 1:
        return dense(w, x, weights, bias, name)
    kernels = w.split(w.weight(name, columns(weights)), [size] * count, 1)
    products = [w.add("MatMul", x, kernel) for kernel in kernels]
    if bias is None:
        return products
    parts = w.split(w.weight(f"{name}_bias", bias.reshape(-1)), [size] * count, 0)
    return [w.add("Add", product, part) for product, part in zip(products, parts)]


def planes_of_kernel(w, x, weights, bias, name):
    """One weight [G,K,H] of which each gate takes a plane."""
    kernel = w.weight(name, weights.swapaxes(1, 2))
    planes = [w.add("Gather", kernel, w.constant(k, np.int64), axis=0) for k in range(len(weights))]
    products = [w.add("MatMul", x, plane) for plane in planes]
    return products if bias is None else [w.add("Add", product, w.weight(f"{name}_{k}_bias", bias[k]))
                                          for k, product in enumerate(products)]


def flat_buffer(w, x, weights, bias, name):
    """All weights in one vector, as libraries for accelerators keep them."""
    count, size, width = weights.shape
    buffer = w.weight(name, weights.reshape(-1))
    products = []
    for k in range(count):
        part = w.slice(buffer, k * size * width, (k + 1) * size * width, 0)
        products.append(w.add("MatMul", x, w.add("Transpose", w.reshape(part, size, width), perm=[1, 0])))
    return products if bias is None else [w.add("Add", product, w.weight(f"{name}_{k}_bias", bias[k]))
                                          for k, product in enumerate(products)]


def broadcast_planes(w, x, weights, bias, name):
    """One product with all planes [G,K,H], which are taken apart behind it."""
    product = w.add("MatMul", x, w.weight(name, weights.swapaxes(1, 2)))
    if bias is not None:
        product = w.add("Add", product, w.weight(f"{name}_bias", bias[:, None]))
    return [w.add("Gather", product, w.constant(k, np.int64), axis=0) for k in range(len(weights))]


def einsum_igh(w, x, weights, bias, name):
    """Weights [K,G,H]; the gates are split and squeezed."""
    product = w.add("Einsum", x, w.weight(name, weights.transpose(2, 0, 1)), equation="ni,igh->ngh")
    if bias is not None:
        product = w.add("Add", product, w.weight(f"{name}_bias", bias))
    if len(weights) == 1:
        return [w.squeeze(product, 1)]
    return [w.squeeze(part, 1) for part in w.split(product, [1] * len(weights), 1)]


# Products that give each gate by itself.
APART = {function.__name__: function for function in
         (dense, dense_rows, split_kernel, planes_of_kernel, flat_buffer, broadcast_planes, einsum_igh)}
APART_ANY_RANK = {"dense", "split_kernel", "planes_of_kernel", "flat_buffer"}


def split(w, value, count, size):
    """One Split."""
    return w.split(value, [size] * count, -1)


def slices(w, value, count, size):
    """A Slice for each gate."""
    return [w.slice(value, k * size, (k + 1) * size, -1) for k in range(count)]


def slices_to_the_end(w, value, count, size):
    """jnp.split and strided slices write the last end as the largest number."""
    ends = [*(size * (k + 1) for k in range(count - 1)), 2 ** 63 - 1]
    return [w.slice(value, k * size, ends[k], -1) for k in range(count)]


def gathers(w, value, count, size):
    """A Gather of a run of columns for each gate."""
    return [w.add("Gather", value, w.ints(*range(k * size, (k + 1) * size)), axis=-1) for k in range(count)]


def planes(w, value, count, size):
    """Gates on an axis of their own, each gathered."""
    apart = w.reshape(value, -1, count, size)
    return [w.add("Gather", apart, w.constant(k, np.int64), axis=1) for k in range(count)]


def squeezed_planes(w, value, count, size):
    """Gates on an axis of their own, split and squeezed."""
    apart = w.reshape(value, -1, count, size)
    return [w.squeeze(part, 1) for part in w.split(apart, [1] * count, 1)]


def turned_planes(w, value, count, size):
    """Gates in front, each sliced and squeezed."""
    apart = w.add("Transpose", w.reshape(value, -1, count, size), perm=[1, 0, 2])
    return [w.squeeze(w.slice(apart, k, k + 1, 0), 0) for k in range(count)]


SPLITS = {function.__name__: function for function in
          (split, slices, slices_to_the_end, gathers, planes, squeezed_planes, turned_planes)}
SPLITS_ANY_RANK = {"split", "slices", "slices_to_the_end", "gathers"}
