//! The parts of a board as Grafana 10 and later import them. A description says what is asked and
//! how it is read; places, ids and the common settings are added here.

use serde_json::{Value, json};

/// Grafana's grid is that wide.
pub(super) const COLUMNS: u32 = 24;
/// The version of the schema of Grafana 12; later ones migrate it.
const SCHEMA: u32 = 41;

/// A board, without its places.
pub(super) struct Board {
    pub(super) uid: &'static str,
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    pub(super) rows: Vec<Row>,
}

/// Panels side by side, under a title that folds them.
pub(super) struct Row {
    /// Without one the panels are just there: the first row of a board.
    pub(super) title: Option<&'static str>,
    pub(super) height: u32,
    pub(super) panels: Vec<Panel>,
}

/// One panel.
pub(super) struct Panel {
    title: &'static str,
    about: &'static str,
    kind: Kind,
    width: u32,
    unit: &'static str,
    queries: Vec<(String, &'static str)>,
    steps: Vec<(Option<f64>, &'static str)>,
    words: Vec<(&'static str, &'static str, &'static str)>,
    empty: &'static str,
    is_stacked: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Stat,
    Gauge,
    Lines,
    Timeline,
    Table,
}

impl Panel {
    fn of(kind: Kind, title: &'static str, about: &'static str) -> Self {
        Self {
            title,
            about,
            kind,
            width: 8,
            unit: "short",
            queries: Vec::new(),
            steps: vec![(None, "text")],
            words: Vec::new(),
            empty: "unknown",
            is_stacked: false,
        }
    }

    /// The last value, large.
    pub(super) fn stat(title: &'static str, about: &'static str) -> Self {
        Self::of(Kind::Stat, title, about)
    }

    /// The last value between its bounds.
    pub(super) fn gauge(title: &'static str, about: &'static str) -> Self {
        Self::of(Kind::Gauge, title, about)
    }

    /// Values over time.
    pub(super) fn lines(title: &'static str, about: &'static str) -> Self {
        Self::of(Kind::Lines, title, about)
    }

    /// One bar for each series, coloured by its value.
    pub(super) fn timeline(title: &'static str, about: &'static str) -> Self {
        Self::of(Kind::Timeline, title, about)
    }

    /// The series that there are now, one in a line.
    pub(super) fn table(title: &'static str, about: &'static str) -> Self {
        Self::of(Kind::Table, title, about)
    }

    /// One more query, and what its series are called.
    pub(super) fn query(mut self, expression: &str, legend: &'static str) -> Self {
        self.queries.push((expression.to_owned(), legend));
        self
    }

    pub(super) fn width(mut self, width: u32) -> Self {
        self.width = width;
        self
    }

    pub(super) fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    /// What is shown if a query has no data; the default is `unknown`.
    pub(super) fn empty(mut self, text: &'static str) -> Self {
        self.empty = text;
        self
    }

    pub(super) fn stacked(mut self) -> Self {
        self.is_stacked = true;
        self
    }

    /// Colours from a value on; the first one is for all values below the second.
    pub(super) fn steps(mut self, first: &'static str, more: &[(f64, &'static str)]) -> Self {
        self.steps = vec![(None, first)];
        self.steps
            .extend(more.iter().map(|(from, colour)| (Some(*from), *colour)));
        self
    }

    /// Words and colours for values.
    pub(super) fn words(mut self, words: &[(&'static str, &'static str, &'static str)]) -> Self {
        self.words = words.to_vec();
        self
    }

    /// What is asked.
    pub(super) fn expressions(&self) -> impl Iterator<Item = &str> {
        self.queries
            .iter()
            .map(|(expression, _)| expression.as_str())
    }

    pub(super) fn title(&self) -> &'static str {
        self.title
    }
}

impl Board {
    /// The file.
    pub(super) fn json(&self) -> String {
        let mut panels = Vec::new();
        let mut y = 0;
        for row in &self.rows {
            if let Some(title) = row.title {
                panels.push(json!({
                    "id": panels.len() + 1,
                    "type": "row",
                    "title": title,
                    "collapsed": false,
                    "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": y},
                    "panels": [],
                }));
                y += 1;
            }
            let mut x = 0;
            for panel in &row.panels {
                let place = json!({"h": row.height, "w": panel.width, "x": x, "y": y});
                panels.push(panel.json(panels.len() + 1, &place));
                x += panel.width;
            }
            y += row.height;
        }
        let board = json!({
            "annotations": {"list": []},
            "description": self.about,
            "editable": true,
            "fiscalYearStartMonth": 0,
            "graphTooltip": 1,
            "id": null,
            "links": [links()],
            "panels": panels,
            "preload": false,
            "refresh": "30s",
            "schemaVersion": SCHEMA,
            "tags": ["bllvmctl", "bitcoin"],
            "templating": {"list": variables()},
            "time": {"from": "now-6h", "to": "now"},
            "timepicker": {},
            "timezone": "browser",
            "title": self.title,
            "uid": self.uid,
            "version": 1,
        });
        format!("{board:#}\n")
    }
}

/// The way from each board to the others, with the same variables and time.
fn links() -> Value {
    json!({
        "asDropdown": false,
        "icon": "external link",
        "includeVars": true,
        "keepTime": true,
        "tags": ["bllvmctl"],
        "targetBlank": false,
        "title": "",
        "tooltip": "",
        "type": "dashboards",
        "url": "",
    })
}

fn data_source() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

fn variables() -> Value {
    let choice = |name: &str, label: &str, query: &str| {
        json!({
            "allValue": ".*",
            "current": {"selected": true, "text": ["All"], "value": ["$__all"]},
            "datasource": data_source(),
            "includeAll": true,
            "label": label,
            "multi": true,
            "name": name,
            "options": [],
            "query": {"qryType": 1, "query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
            "refresh": 2,
            "regex": "",
            "sort": 1,
            "type": "query",
        })
    };
    json!([
        {
            "current": {},
            "includeAll": false,
            "label": "Data source",
            "name": "datasource",
            "options": [],
            "query": "prometheus",
            "refresh": 1,
            "regex": "",
            "type": "datasource",
        },
        choice("instance", "Instance", "label_values(bllvm_build_info, instance)"),
        choice("node", "Node", "label_values(bllvm_node_up{instance=~\"$instance\"}, node)"),
    ])
}

impl Panel {
    fn json(&self, id: usize, place: &Value) -> Value {
        json!({
            "id": id,
            "type": self.kind.plugin(),
            "title": self.title,
            "description": self.about,
            "datasource": data_source(),
            "gridPos": place,
            "fieldConfig": {"defaults": self.defaults(), "overrides": []},
            "options": self.options(),
            "targets": self.targets(),
            "transformations": self.transformations(),
        })
    }

    fn targets(&self) -> Vec<Value> {
        let is_now = self.kind == Kind::Table;
        let target = |(letter, (expression, legend)): (char, &(String, &'static str))| {
            json!({
                "datasource": data_source(),
                "editorMode": "code",
                "expr": expression,
                "format": if self.kind == Kind::Table { "table" } else { "time_series" },
                "instant": is_now,
                "legendFormat": legend,
                "range": !is_now,
                "refId": letter,
            })
        };
        ('A'..='Z').zip(&self.queries).map(target).collect()
    }

    fn defaults(&self) -> Value {
        let steps: Vec<_> = self
            .steps
            .iter()
            .map(|(from, colour)| json!({"color": colour, "value": from}))
            .collect();
        let words: serde_json::Map<_, _> = ('0'..='9')
            .zip(&self.words)
            .map(|(index, (value, text, colour))| {
                let word = json!({"text": text, "color": colour, "index": index.to_digit(10)});
                ((*value).to_owned(), word)
            })
            .collect();
        let mappings = if words.is_empty() {
            json!([])
        } else {
            json!([{"type": "value", "options": words}])
        };
        let is_plain = matches!(self.kind, Kind::Lines);
        let mut defaults = json!({
            "color": {"mode": if is_plain { "palette-classic" } else { "thresholds" }},
            "custom": self.custom(),
            "mappings": mappings,
            "noValue": self.empty,
            "thresholds": {"mode": "absolute", "steps": steps},
            "unit": self.unit,
        });
        // From nothing on, so that a line that is flat does not look steep.
        if self.kind != Kind::Table && self.kind != Kind::Timeline {
            defaults["min"] = json!(0);
        }
        if self.kind == Kind::Gauge {
            defaults["max"] = json!(1);
        }
        defaults
    }

    fn custom(&self) -> Value {
        match self.kind {
            Kind::Lines => json!({
                "drawStyle": "line",
                "fillOpacity": if self.is_stacked { 40 } else { 8 },
                "lineInterpolation": "linear",
                "lineWidth": 1,
                "showPoints": "never",
                "spanNulls": false,
                "stacking": {"group": "A", "mode": if self.is_stacked { "normal" } else { "none" }},
            }),
            Kind::Timeline => json!({"fillOpacity": 80, "lineWidth": 0}),
            Kind::Table => {
                json!({"align": "auto", "cellOptions": {"type": "color-text"}, "inspect": false})
            }
            Kind::Stat | Kind::Gauge => json!({}),
        }
    }

    fn options(&self) -> Value {
        let last = json!({"calcs": ["lastNotNull"], "fields": "", "values": false});
        match self.kind {
            Kind::Stat => json!({
                "colorMode": "background",
                "graphMode": "none",
                "justifyMode": "auto",
                "orientation": "auto",
                "reduceOptions": last,
                "textMode": "auto",
                "wideLayout": true,
            }),
            Kind::Gauge => json!({
                "orientation": "auto",
                "reduceOptions": last,
                "showThresholdLabels": false,
                "showThresholdMarkers": true,
            }),
            Kind::Lines => json!({
                "legend": {
                    "calcs": ["lastNotNull", "max"],
                    "displayMode": "table",
                    "placement": "bottom",
                    "showLegend": true,
                },
                "tooltip": {"mode": "multi", "sort": "desc"},
            }),
            Kind::Timeline => json!({
                "alignValue": "left",
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": true},
                "mergeValues": true,
                "rowHeight": 0.9,
                "showValue": "auto",
                "tooltip": {"mode": "single", "sort": "none"},
            }),
            Kind::Table => json!({"cellHeight": "sm", "showHeader": true}),
        }
    }

    /// Of a table's columns only those that tell series apart are of use.
    fn transformations(&self) -> Value {
        if self.kind != Kind::Table {
            return json!([]);
        }
        let hidden = json!({"Time": true, "__name__": true, "job": true});
        json!([{"id": "organize", "options": {"excludeByName": hidden, "indexByName": {}, "renameByName": {}}}])
    }
}

impl Kind {
    /// The panel plugin of Grafana.
    fn plugin(self) -> &'static str {
        match self {
            Self::Stat => "stat",
            Self::Gauge => "gauge",
            Self::Lines => "timeseries",
            Self::Timeline => "state-timeline",
            Self::Table => "table",
        }
    }
}
