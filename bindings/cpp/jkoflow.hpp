/*
 * jkoflow for C++17: geodesics of Maas' discrete transport metric W_K on graphs, and the free energies
 * that drive snapshots of a process. Header-only, over the C interface of jkoflow.h, whose comments say
 * what every function computes, what it costs and when it fails.
 *
 *   jkoflow::Graph ring = jkoflow::Graph::cycle(4, jkoflow::Reference::uniform);
 *   jkoflow::Geodesic path(ring, {0.4, 0.3, 0.2, 0.1}, {0.25, 0.25, 0.25, 0.25});
 *   std::cout << path.distance() << '\n';
 *
 * Objects own a handle, can be moved and not copied, and free it in the end. One that was moved from can
 * be assigned to and destroyed; anything else that is asked of it throws. `handle()` gives the C handle.
 *
 * Errors are thrown as `jkoflow::Error`, which has the C status. Work that did not converge is no error:
 * its result says so by `converged()` or its `status`.
 *
 * Arrays go in as anything with `data()` and `size()`, matrices as anything with `data()`, `rows()`,
 * `cols()`, `rowStride()` and `colStride()` (those of Eigen have them), or as a vector of rows. They
 * come out as `std::vector<double>` and `jkoflow::Matrix`.
 *
 * Threads: constant member functions may run on many threads at once, others one at a time.
 */
#ifndef JKOFLOW_HPP
#define JKOFLOW_HPP

#include "jkoflow/array.hpp"
#include "jkoflow/count_fit.hpp"
#include "jkoflow/energy.hpp"
#include "jkoflow/error.hpp"
#include "jkoflow/estimate.hpp"
#include "jkoflow/fit.hpp"
#include "jkoflow/fitted.hpp"
#include "jkoflow/flow_fit.hpp"
#include "jkoflow/forecast.hpp"
#include "jkoflow/geodesic.hpp"
#include "jkoflow/geometry.hpp"
#include "jkoflow/graph.hpp"
#include "jkoflow/options.hpp"
#include "jkoflow/terms.hpp"
#include "jkoflow/watch.hpp"

#endif
