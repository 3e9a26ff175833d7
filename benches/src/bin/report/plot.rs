use std::{error::Error, path::Path};

use plotters::prelude::*;

use crate::results::Group;

const INK: RGBColor = RGBColor(40, 40, 40);
const OURS: RGBColor = RGBColor(31, 119, 180);
const OTHERS: RGBColor = RGBColor(170, 170, 170);

/// A bar for each member, relative to the reference, with its number.
pub(crate) fn bars(directory: &Path, group: &Group<'_>) -> Result<String, Box<dyn Error>> {
    let file = group.file();
    let members = group.by_cost();
    let (reference, base) = group.reference().ok_or("a group without a member to compare with")?;
    let longest = members.iter().map(|(_, cost)| cost / base).fold(1.0, f64::max);
    let height = 60 + 26 * u32::try_from(members.len())?;
    let path = directory.join(&file);
    let area = SVGBackend::new(&path, (720, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let title = format!("{}: cost relative to \"{reference}\"", group.name);
    area.draw(&Text::new(title, (10, 12), ("sans-serif", 19).into_font().color(&INK)))?;
    for (row, (member, cost)) in (0..).zip(members) {
        let ratio = cost / base;
        let top = 44 + 26 * row;
        let end = 190 + (ratio / longest * 440.0) as i32;
        let is_ours = ["ours", "Webhook<E>", "accepted"].contains(&member);
        let fill = if is_ours { OURS } else { OTHERS };
        let font = ("sans-serif", 16).into_font().color(&INK);
        area.draw(&Text::new(member.to_owned(), (10, top + 2), font.clone()))?;
        area.draw(&Rectangle::new([(190, top), (end, top + 18)], fill.filled()))?;
        area.draw(&Text::new(format!("{ratio:.3}"), (end + 6, top + 2), font))?;
    }
    let one = 190 + (440.0 / longest) as i32;
    area.draw(&PathElement::new([(one, 38), (one, i32::try_from(height)? - 12)], INK))?;
    area.present()?;
    Ok(file)
}

/// A line for each member over its points, both axes logarithmic.
pub(crate) fn lines(directory: &Path, group: &Group<'_>) -> Result<String, Box<dyn Error>> {
    let file = group.file();
    let path = directory.join(&file);
    let area = SVGBackend::new(&path, (720, 400)).into_drawing_area();
    area.fill(&WHITE)?;
    let series = [("ours", OURS), ("floor", OTHERS)].map(|(name, colour)| (name, colour, group.series(name)));
    let points = || series.iter().flat_map(|(.., points)| points).map(|(at, cost)| (*at as f64, cost / 1e3));
    let bounds = |numbers: &mut dyn Iterator<Item = f64>| {
        numbers.fold((f64::MAX, f64::MIN), |(low, high), number| (low.min(number), high.max(number)))
    };
    let (left, right) = bounds(&mut points().map(|(at, _)| at));
    let (low, high) = bounds(&mut points().map(|(_, cost)| cost));
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .margin_right(36)
        .caption(format!("{}: us", group.name), ("sans-serif", 19))
        .x_label_area_size(28)
        .y_label_area_size(60)
        .build_cartesian_2d((left..right).log_scale(), (low / 2.0..high * 2.0).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .label_style(("sans-serif", 15))
        .x_label_formatter(&|at| format!("{at:.0}"))
        .draw()?;
    for ((name, colour, points), top) in series.iter().zip([50, 70]) {
        let points = points.iter().map(|(at, cost)| (*at as f64, cost / 1e3));
        chart.draw_series(LineSeries::new(points.clone(), colour.stroke_width(2)))?;
        chart.draw_series(points.clone().map(|point| Circle::new(point, 3, colour.filled())))?;
        if points.len() > 0 {
            area.draw(&Text::new(*name, (90, top), ("sans-serif", 16).into_font().color(colour)))?;
        }
    }
    area.present()?;
    Ok(file)
}
