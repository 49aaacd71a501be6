/* Energies, their flows and JKO steps. */
#include "jkoflow_mex.h"

static jko_status set_interaction(jko_energy *energy, const mxArray *argument) {
    if (mxIsSparse(argument)) {
        Sparse w = sparse_of(argument, "Interaction");
        return jko_energy_set_interaction_sparse(energy, w.start, w.rows + 1, w.index, w.entries,
                                                 w.value, w.entries, NULL);
    } else {
        Matrix w = columns_of(argument, "Interaction");
        return jko_energy_set_interaction_dense(energy, w.data, w.rows, w.cols, w.row_stride,
                                                w.col_stride);
    }
}

/* Each column of `argument` is a power and its coefficient. */
static void add_powers(jko_energy *energy, const mxArray *argument) {
    Matrix powers = columns_of(argument, "Power");
    size_t k;
    if (powers.cols != 2) {
        fail("lengthMismatch", "Power: columns [power; coefficient] are needed");
    }
    for (k = 0; k < powers.rows; k++) {
        require(jko_energy_add_internal(energy, powers.data[2 * k + 1], JKO_INTERNAL_POWER,
                                        powers.data[2 * k]));
    }
}

/* energy(graph, ...). */
void command_energy(Call *call) {
    Handle graph = handle_of(call->input[0], GRAPH, "graph");
    Extra extras[] = {
        {"Potential", NULL}, {"Entropy", NULL}, {"Interaction", NULL}, {"Power", NULL}, {NULL, NULL}};
    jko_energy *energy = NULL;
    options_read(call, 1, NO_OPTIONS, NULL, NO_OPTIONS, NULL, extras);
    require(jko_energy_new(graph.object, &energy));
    adopt(ENERGY, energy);
    if (extras[0].value != NULL) {
        Vector potential = vector_of(extras[0].value, "Potential");
        require(jko_energy_set_potential(energy, potential.data, potential.len));
    }
    if (extras[1].value != NULL) {
        require(jko_energy_set_entropy(energy, number_of(extras[1].value, "Entropy")));
    }
    if (extras[2].value != NULL) {
        require(set_interaction(energy, extras[2].value));
    }
    if (extras[3].value != NULL) {
        add_powers(energy, extras[3].value);
    }
    give(call, 0, hand_out(energy, graph.nodes, 0));
}

void command_energy_value(Call *call) {
    Handle energy = handle_of(call->input[0], ENERGY, "energy");
    Vector mu = vector_of(call->input[1], "mu");
    double value;
    require(jko_energy_value(energy.object, mu.data, mu.len, &value));
    give(call, 0, number(value));
}

void command_first_variation(Call *call) {
    Handle energy = handle_of(call->input[0], ENERGY, "energy");
    Vector mu = vector_of(call->input[1], "mu");
    mxArray *variation = column(energy.nodes);
    require(
        jko_energy_first_variation(energy.object, mu.data, mu.len, mxGetPr(variation), energy.nodes));
    give(call, 0, variation);
}

void command_second_variation(Call *call) {
    Handle energy = handle_of(call->input[0], ENERGY, "energy");
    Vector mu = vector_of(call->input[1], "mu"), direction = vector_of(call->input[2], "direction");
    mxArray *variation = column(energy.nodes);
    require(jko_energy_second_variation(energy.object, mu.data, mu.len, direction.data, direction.len,
                                        mxGetPr(variation), energy.nodes));
    give(call, 0, variation);
}

/* flow(energy, mu0, times, ...). */
void command_flow(Call *call) {
    Handle energy = handle_of(call->input[0], ENERGY, "energy");
    Vector start = vector_of(call->input[1], "mu0"), times = vector_of(call->input[2], "times");
    mxArray *result, *seen, *masses, *energies;
    size_t n, count;
    Control control;
    jko_flow *flow = NULL;
    jko_status status;
    control_begin(&control, call, 3, JKO_OPTIONS_FLOW, NO_OPTIONS, NULL);
    status = jko_flow_simulate(energy.object, start.data, start.len, times.data, times.len,
                               (const jko_flow_options *)&control.first, &flow);
    adopt(FLOW, flow);
    control_end(&control);
    if (status < 0) {
        require(status);
    }
    n = jko_flow_nodes(flow);
    count = jko_flow_count(flow);
    seen = column(count);
    energies = column(count);
    masses = mxCreateDoubleMatrix(n, count, mxREAL);
    require(jko_flow_times(flow, mxGetPr(seen), count));
    require(jko_flow_energies(flow, mxGetPr(energies), count));
    require(jko_flow_masses(flow, mxGetPr(masses), count, n, (ptrdiff_t)n, 1));
    result = structure();
    put(result, "times", seen);
    put(result, "mass", masses);
    put(result, "energies", energies);
    put(result, "steps", number((double)jko_flow_steps(flow)));
    put(result, "rejected", number((double)jko_flow_rejected(flow)));
    put(result, "status", mxCreateString(status_name(status)));
    give(call, 0, result);
    check(status);
}

/* jko_step(energy, mu0, tau, ...): mass, and how it was found. */
void command_jko_step(Call *call) {
    Handle energy = handle_of(call->input[0], ENERGY, "energy");
    Vector start = vector_of(call->input[1], "mu0");
    double tau = number_of(call->input[2], "tau"), residual = 0.0;
    mxArray *mass = column(energy.nodes), *info;
    Control control;
    jko_geodesic *geodesic = NULL;
    jko_status status;
    control_begin(&control, call, 3, JKO_OPTIONS_GEODESIC, NO_OPTIONS, NULL);
    status = jko_energy_step(energy.object, start.data, start.len, tau,
                             (const jko_geodesic_options *)&control.first, mxGetPr(mass), energy.nodes,
                             &residual, &geodesic);
    adopt(GEODESIC, geodesic);
    control_end(&control);
    if (status < 0) {
        require(status);
    }
    info = structure();
    put(info, "distance", number(jko_geodesic_distance(geodesic)));
    put(info, "converged", truth(status == JKO_STATUS_OK));
    put(info, "status", mxCreateString(status_name(status)));
    put(info, "residual", number(residual));
    give(call, 0, mass);
    give(call, 1, info);
    check(status);
}
