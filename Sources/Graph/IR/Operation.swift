extension Graph {
    /// What a node computes. Pictures and feature maps are NCHW, token sequences are [batch, tokens, channels].
    ///
    /// Operands are listed in the order a node holds them; `?` marks one that may be absent at the end of the list.
    package enum Operation: Sendable {
        /// A value bound from outside before the program runs.
        case input(BindingTimes)
        /// A weight or a number known when the graph is built.
        case constant(any ConstantData)

        /// (x) The same numbers in another element type; float to integer truncates toward zero.
        case convert
        /// (x[N,C,H,W], weight[O,C/groups,kh,kw], bias[O]?) Cross-correlation, as in torch.nn.functional.conv2d.
        case conv2d(stride: Int, padding: Padding, groups: Int)
        /// (x[…,I], weight[O,I], bias[O]?) x · weightᵀ + bias.
        case linear
        /// (q[B,N,h·d], k[B,M,h·d], v[B,M,h·d]) softmax(q·kᵀ·scale)·v for each of `heads`; causal hides later tokens.
        case attention(heads: Int, scale: Float, causal: Bool)
        /// (x[N,C,…], weight[C], bias[C])
        case groupNorm(groups: Int, epsilon: Float)
        /// (x[…,C], weight[C], bias[C]) over the last axis.
        case layerNorm(epsilon: Float)
        /// (x)
        case unary(Unary)
        /// (a, b) with NumPy's broadcasting.
        case binary(Binary)
        /// (x)
        case clamp(lower: Float, upper: Float)
        /// (x[…,2C]) first half · gelu(second half), the exact gelu.
        case geglu
        /// (x[N,C,H,W]) nearest neighbour to the node's own height and width: index floor(i · in / out).
        case upsampleNearest
        /// (x, y, …)
        case concat(axis: Int)
        /// (x) elements start ..< end of one axis.
        case slice(axis: Int, start: Int, end: Int)
        /// (x) the same elements in row-major order under the node's own shape.
        case reshape
        /// (x) axis i of the result is axis permutation[i] of x.
        case transpose([Int])
        /// (table[V,C], ids[…] int64) rows of the table: […,C].
        case embedding

        package struct Padding: Sendable, Hashable {
            package let top, left, bottom, right: Int
            package init(top: Int, left: Int, bottom: Int, right: Int) {
                (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
            }
            package init(_ all: Int) { self.init(top: all, left: all, bottom: all, right: all) }
        }

        package enum Unary: String, Sendable, Hashable, CaseIterable {
            /// `gelu` is exact (erf), `geluTanh` the tanh approximation, `quickGelu` x·sigmoid(1.702x).
            /// `round` takes ties to even.
            case silu, gelu, geluTanh, quickGelu, relu, tanh, sigmoid, sin, cos, exp, sqrt, round
        }

        package enum Binary: String, Sendable, Hashable, CaseIterable {
            case add, subtract, multiply, divide
        }
    }
}
