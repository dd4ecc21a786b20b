"""Families of operators, by which a drawing is coloured."""

from __future__ import annotations

_FAMILIES = {
    "convolution": "Conv ConvInteger ConvTranspose DeformConv FusedConv QLinearConv",
    "product": "Attention Einsum FusedGemm FusedMatMul Gemm MatMul MatMulInteger QLinearMatMul",
    "activation": "Celu Clip Elu Erf Gelu HardSigmoid HardSwish LeakyRelu LogSoftmax Mish PRelu Relu Selu "
    "Sigmoid Softmax Softplus Softsign Swish Tanh ThresholdedRelu QLinearLeakyRelu QLinearSigmoid",
    "arithmetic": "Abs Add Ceil Cos Div Equal Exp Floor Greater GreaterOrEqual Less LessOrEqual Log Max Mean "
    "Min Mod Mul Neg Not Pow QLinearAdd QLinearMul Reciprocal Round Sign Sin Sqrt Sub Sum Where",
    "normalisation": "BatchNormalization GroupNormalization InstanceNormalization LayerNormalization "
    "LpNormalization LRN MeanVarianceNormalization RMSNormalization SimplifiedLayerNormalization",
    "resampling": "AffineGrid DepthToSpace GridSample Resize SpaceToDepth Upsample",
    "pooling": "AveragePool GlobalAveragePool GlobalMaxPool LpPool MaxPool ReduceL1 ReduceL2 ReduceMax "
    "ReduceMean ReduceMin ReduceProd ReduceSum TopK",
    "quantisation": "DequantizeLinear DynamicQuantizeLinear QuantizeLinear",
    "layout": "Cast Concat Constant ConstantOfShape Dropout Expand Flatten Gather GatherElements GatherND "
    "Identity Pad Range Reshape ScatterElements ScatterND Shape Size Slice Split Squeeze Tile Transpose "
    "Trilu Unsqueeze",
}

KINDS = (*_FAMILIES, "other")
"""All families."""

_KIND_OF = {operator: kind for kind, operators in _FAMILIES.items() for operator in operators.split()}


def kind(operator: str) -> str:
    """The family of an operator; "other" for one that is in none."""
    return _KIND_OF.get(operator, "other")
