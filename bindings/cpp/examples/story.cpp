/*
 * The worked story: how far personal income moves from year to year between US states, which energy
 * drives it, and what that energy forecasts.
 *
 *   c++ -std=c++17 -Iinclude -Ibindings/cpp bindings/cpp/examples/story.cpp -ljkoflow -o story
 *   ./story examples/data/us_income
 *
 * Every line of the output is a key and a value; nodes count from 0 in the order of income.csv.
 */
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <jkoflow.hpp>

using Row = std::vector<std::string>;

/* Rows of fields without quotes; the first is the header. */
static std::vector<Row> read_rows(const std::string &name) {
    std::ifstream file(name);
    if (!file) {
        throw std::runtime_error(name + " cannot be read");
    }
    std::vector<Row> rows;
    for (std::string line, field; std::getline(file, line);) {
        std::istringstream fields(line);
        rows.emplace_back();
        while (std::getline(fields, field, ',')) {
            rows.back().push_back(field);
        }
    }
    return rows;
}

/* A distribution per year, in the order of the table's rows. */
static std::vector<std::vector<double>> read_snapshots(const std::vector<Row> &table) {
    std::vector<std::vector<double>> snapshots(table.at(0).size() - 1);
    for (std::size_t year = 0; year < snapshots.size(); year++) {
        double sum = 0.0;
        for (std::size_t state = 1; state < table.size(); state++) {
            snapshots[year].push_back(std::stod(table[state].at(year + 1)));
            sum += snapshots[year].back();
        }
        for (double &share : snapshots[year]) {
            share /= sum;
        }
    }
    return snapshots;
}

/* States that share a border, every state with the same reference mass. */
static jkoflow::Graph read_graph(const std::string &name, const std::vector<Row> &table) {
    std::map<std::string, std::int64_t> number;
    for (std::size_t state = 1; state < table.size(); state++) {
        number[table[state].at(0)] = static_cast<std::int64_t>(state - 1);
    }
    std::vector<std::int64_t> source, target;
    const std::vector<Row> edges = read_rows(name);
    for (std::size_t k = 1; k < edges.size(); k++) {
        source.push_back(number.at(edges[k].at(0)));
        target.push_back(number.at(edges[k].at(1)));
    }
    jkoflow::GraphOptions options;
    options.reference = jkoflow::Reference::uniform;
    return jkoflow::Graph::from_weights(number.size(), source, target, {}, options);
}

static void print(const char *key, const std::vector<double> &values) {
    for (std::size_t k = 0; k < values.size(); k++) {
        std::printf("%s %zu %.17g\n", key, k, values[k]);
    }
}

static void tell(const std::string &directory) {
    const std::vector<Row> table = read_rows(directory + "/income.csv");
    const std::vector<std::vector<double>> snapshots = read_snapshots(table);
    const jkoflow::Graph states = read_graph(directory + "/edges.csv", table);
    std::vector<double> years;
    for (std::size_t year = 1; year < table[0].size(); year++) {
        years.push_back(std::stod(table[0][year]));
    }
    std::printf("nodes %zu\n", states.nodes());

    /* how far income moved in each of the first ten years */
    const std::vector<std::vector<double>> first(snapshots.begin(), snapshots.begin() + 11);
    print("distance", jkoflow::geodesic_values(states, first).distance);

    /* the energy that it descends */
    jkoflow::Ridge ridge;
    ridge.potential = 0.1;
    jkoflow::Fit fit(states);
    const jkoflow::Fitted fitted = fit.add_trajectory(years, snapshots).solve(ridge);
    std::printf("entropy %.17g\n", fitted.entropy());
    print("potential", fitted.potential());

    /* and where that leads within a year */
    const jkoflow::Flow flow(fitted.energy(), snapshots.back(), {0.0, 1.0});
    print("forecast", flow.mass(1));
}

int main(int count, char **arguments) {
    try {
        jkoflow::check_version();
        tell(count > 1 ? arguments[1] : "examples/data/us_income");
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
    return 0;
}
