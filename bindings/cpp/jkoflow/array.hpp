/* Arrays and matrices on their way in and out. */
#ifndef JKOFLOW_ARRAY_HPP
#define JKOFLOW_ARRAY_HPP

#include <cstddef>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "error.hpp"

namespace jkoflow {

/* A row-major matrix that the library filled. */
class Matrix {
public:
    Matrix() = default;
    Matrix(std::size_t rows, std::size_t cols) : values_(rows * cols), rows_(rows), cols_(cols) {}

    double operator()(std::size_t row, std::size_t col) const { return values_[row * cols_ + col]; }
    /* A copy of one row. */
    std::vector<double> row(std::size_t row) const {
        const double *start = values_.data() + row * cols_;
        return std::vector<double>(start, start + cols_);
    }

    const std::vector<double> &values() const noexcept { return values_; }
    double *data() noexcept { return values_.data(); }
    const double *data() const noexcept { return values_.data(); }
    std::size_t rows() const noexcept { return rows_; }
    std::size_t cols() const noexcept { return cols_; }
    std::ptrdiff_t rowStride() const noexcept { return static_cast<std::ptrdiff_t>(cols_); }
    std::ptrdiff_t colStride() const noexcept { return 1; }

private:
    std::vector<double> values_;
    std::size_t rows_ = 0;
    std::size_t cols_ = 0;
};

namespace detail {

template <class C>
using Element = std::remove_cv_t<std::remove_pointer_t<decltype(std::declval<const C &>().data())>>;

/* Whether C is a container of numbers, contiguous and with a size. */
template <class C, class = void> struct is_contiguous : std::false_type {};
template <class C>
struct is_contiguous<C, std::void_t<Element<C>, decltype(std::declval<const C &>().size())>>
    : std::is_arithmetic<Element<C>> {};

/* Whether C is a dense matrix in memory, as Eigen writes them. */
template <class C, class = void> struct is_strided : std::false_type {};
template <class C>
struct is_strided<C, std::void_t<Element<C>, decltype(std::declval<const C &>().rowStride()),
                                 decltype(std::declval<const C &>().colStride())>> : std::true_type {};

/* Distance in memory of consecutive entries; Eigen's rows of a matrix by columns are not contiguous. */
template <class C, class = void> struct Stride {
    static std::ptrdiff_t of(const C &) { return 1; }
};
template <class C> struct Stride<C, std::void_t<decltype(std::declval<const C &>().innerStride())>> {
    static std::ptrdiff_t of(const C &array) { return static_cast<std::ptrdiff_t>(array.innerStride()); }
};

} // namespace detail

/* An array as an argument: borrowed where its elements are of type T, converted into a copy where they
 * are other numbers. It lives as long as the call. An empty one is one that was left out: its `data` is
 * null, wherever it came from. */
template <class T> class Array {
public:
    Array() noexcept = default;
    Array(const T *data, std::size_t size) noexcept { borrow(data, size); }
    Array(std::initializer_list<T> values) : copy_(values) { borrow(copy_.data(), copy_.size()); }
    template <std::size_t N> Array(const T (&values)[N]) noexcept : data_(values), size_(N) {}
    template <class C, class = std::enable_if_t<detail::is_contiguous<C>::value>>
    Array(const C &values) {
        const std::size_t size = static_cast<std::size_t>(values.size());
        const std::ptrdiff_t stride = detail::Stride<C>::of(values);
        if constexpr (std::is_same_v<detail::Element<C>, T>) {
            if (stride == 1) {
                borrow(values.data(), size);
                return;
            }
        }
        static_assert(std::is_floating_point_v<T> || std::is_integral_v<detail::Element<C>>,
                      "an array of integers is needed");
        copy_.reserve(size);
        for (std::size_t k = 0; k < size; k++) {
            copy_.push_back(static_cast<T>(values.data()[static_cast<std::ptrdiff_t>(k) * stride]));
        }
        borrow(copy_.data(), size);
    }
    Array(const Array &) = delete;
    Array &operator=(const Array &) = delete;

    const T *data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }

private:
    void borrow(const T *data, std::size_t size) noexcept {
        data_ = size == 0 ? nullptr : data;
        size_ = size;
    }

    const T *data_ = nullptr;
    std::size_t size_ = 0;
    std::vector<T> copy_;
};

/* A matrix as an argument: borrowed with its strides, or a copy of a container of rows. It lives as long
 * as the call. */
class Rows {
public:
    /* Rows one after the other. */
    Rows(const double *data, std::size_t rows, std::size_t cols) noexcept
        : Rows(data, rows, cols, static_cast<std::ptrdiff_t>(cols), 1) {}
    /* Entry (i, j) is `data[i * row_stride + j * col_stride]`. */
    Rows(const double *data, std::size_t rows, std::size_t cols, std::ptrdiff_t row_stride,
         std::ptrdiff_t col_stride) noexcept
        : data_(data), rows_(rows), cols_(cols), row_stride_(row_stride), col_stride_(col_stride) {}
    Rows(std::initializer_list<std::vector<double>> rows) { copy(rows); }
    template <class C, std::enable_if_t<detail::is_strided<C>::value, int> = 0>
    Rows(const C &matrix)
        : Rows(matrix.data(), static_cast<std::size_t>(matrix.rows()),
               static_cast<std::size_t>(matrix.cols()), static_cast<std::ptrdiff_t>(matrix.rowStride()),
               static_cast<std::ptrdiff_t>(matrix.colStride())) {}
    template <class C, std::enable_if_t<detail::is_contiguous<typename C::value_type>::value, int> = 0>
    Rows(const C &rows) {
        copy(rows);
    }
    Rows(const Rows &) = delete;
    Rows &operator=(const Rows &) = delete;

    const double *data() const noexcept { return data_; }
    std::size_t rows() const noexcept { return rows_; }
    std::size_t cols() const noexcept { return cols_; }
    std::ptrdiff_t row_stride() const noexcept { return row_stride_; }
    std::ptrdiff_t col_stride() const noexcept { return col_stride_; }

private:
    template <class C> void copy(const C &rows) {
        for (const auto &values : rows) {
            const Array<double> row(values);
            if (rows_ > 0 && row.size() != cols_) {
                throw Error(JKO_STATUS_LENGTH_MISMATCH,
                            "row " + std::to_string(rows_) + " has " + std::to_string(row.size()) +
                                " entries, but row 0 has " + std::to_string(cols_));
            }
            cols_ = row.size();
            rows_ += 1;
            copy_.insert(copy_.end(), row.data(), row.data() + row.size());
        }
        data_ = copy_.data();
        row_stride_ = static_cast<std::ptrdiff_t>(cols_);
    }

    const double *data_ = nullptr;
    std::size_t rows_ = 0;
    std::size_t cols_ = 0;
    std::ptrdiff_t row_stride_ = 0;
    std::ptrdiff_t col_stride_ = 1;
    std::vector<double> copy_;
};

namespace detail {

/* A vector of this size that `get(data, size)` fills. */
template <class Get> std::vector<double> filled(std::size_t size, Get &&get) {
    std::vector<double> values(size);
    check(get(values.data(), values.size()));
    return values;
}

} // namespace detail
} // namespace jkoflow

#endif
