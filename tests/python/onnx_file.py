"""Writes ONNX models without weights, byte by byte (protocol buffers, onnx.proto): no ONNX is needed."""


def _varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return _varint(field << 3) + _varint(value)


def block(field, content):
    content = content.encode() if isinstance(content, str) else content
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def attribute(name, value):
    if isinstance(value, int):
        return block(5, block(1, name) + number(3, value) + number(20, 2))
    return block(5, block(1, name) + b"".join(number(8, one) for one in value) + number(20, 7))


class Model:
    """A graph whose weights have a shape and no data."""

    def __init__(self):
        self.graph, self.count = b"", 0

    def shape(self, field, name, extents):
        dims = b"".join(block(1, number(1, extent)) for extent in extents)
        self.graph += block(field, block(1, name) + block(2, block(1, number(1, 1) + block(2, dims))))

    def weights(self, extents):
        name = f"w{self.count}"
        self.graph += block(5, b"".join(number(1, extent) for extent in extents) + number(2, 1) + block(8, name))
        return name

    def node(self, kind, inputs, **attributes):
        self.count += 1
        name = f"{kind.lower()}{self.count}"
        self.graph += block(1, b"".join(block(1, one) for one in inputs) + block(2, name) + block(3, name) + block(4, kind)
                            + b"".join(attribute(key, value) for key, value in attributes.items()))
        return name

    def conv(self, source, inputs, outputs, kernel, stride=1, pad=0):
        return self.node("Conv", [source, self.weights([outputs, inputs, kernel, kernel])], kernel_shape=[kernel, kernel],
                         strides=[stride, stride], pads=[pad] * 4)

    def bytes(self):
        return number(1, 8) + block(7, self.graph + block(2, "graph")) + block(8, number(2, 13))


def resnet18():
    """He et al. 2016, table 1: 20 convolutions and one product, ReLU and additions between them."""
    model = Model()
    model.shape(11, "image", [1, 3, 224, 224])
    at = model.node("Relu", [model.conv("image", 3, 64, 7, 2, 3)])
    at = model.node("MaxPool", [at], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    width = 64
    for outputs, stride in ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)):
        first = model.node("Relu", [model.conv(at, width, outputs, 3, stride, 1)])
        second = model.conv(first, outputs, outputs, 3, 1, 1)
        aside = model.conv(at, width, outputs, 1, stride) if stride == 2 else at
        at, width = model.node("Relu", [model.node("Add", [second, aside])]), outputs
    at = model.node("Flatten", [model.node("GlobalAveragePool", [at])], axis=1)
    end = model.node("Gemm", [at, model.weights([1000, 512])], transB=1)
    model.shape(12, end, [1, 1000])
    return model.bytes()
